//! What clients claim and do not send: it costs next to nothing, and nobody waits for it.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use embroker_reliability::{Limits, Program, Scale, Watchdog};
use embroker_test_support::{Backend, Suite};

const PROGRAM: &str = env!("CARGO_BIN_EXE_embroker-server-under-test");
const CLIENTS: usize = 64;
const MIB: u64 = 1024 * 1024;
/// What all of them may cost.
const COST: u64 = 16 * MIB;
/// How much address space they may have reserved, which an allocator takes in larger pieces.
const RESERVED: u64 = 256 * MIB;
/// How far from where it was memory may be when they are gone: buffers stay with the thread.
const LEFT: u64 = 4 * MIB;

/// What each client says, and then nothing more.
const CLAIMS: [&[u8]; 7] = [
    b"*1\r\n$536870912\r\n",
    b"*2147483647\r\n",
    b"*2147483647\r\n$536870912\r\n",
    b"*2147483647\r\n$4\r\nPING\r\n$0\r\n\r\n$536870912\r\nabc",
    b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nhalf a gigabyte would follow",
    b"MULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nx",
    b"SUBSCRIBE a\r\n*2147483647\r\n$536870911\r\n",
];

fn main() -> ExitCode {
    let _watchdog = Watchdog::new("claims", Duration::from_secs(300));
    let mut suite = Suite::new();
    suite.test(Backend::Mem, "what_is_claimed_costs_less_than_16_mib", async || claimed());
    suite.test(Backend::Mem, "a_claim_before_the_password_closes", async || before_the_password());
    suite.test(Backend::Mem, "commands_that_come_byte_by_byte_hold_nobody_up", async || byte_by_byte());
    suite.run()
}

fn connect(program: &Program) -> Result<UnixStream> {
    let stream = UnixStream::connect(program.socket())?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    Ok(stream)
}

/// A newcomer, and one who was there, are answered within a second; in a debug build on a busy machine within five.
fn others_are_served(program: &Program, known: &mut UnixStream) -> Result<()> {
    let bound = Duration::from_secs(Scale::get().pick(5, 1));
    for stream in [&mut connect(program)?, known] {
        let asked = Instant::now();
        stream.write_all(b"PING\r\n")?;
        let mut pong = [0; 7];
        stream.read_exact(&mut pong)?;
        ensure!(&pong == b"+PONG\r\n", "{}", pong.escape_ascii());
        ensure!(asked.elapsed() < bound, "the answer took {:?}", asked.elapsed());
    }
    Ok(())
}

/// Waits until no more than these clients are connected: the server has seen all that came before.
fn wait_for_clients(program: &Program, count: usize) -> Result<()> {
    let mut control = program.client()?;
    let begun = Instant::now();
    loop {
        let list = control.command(["CLIENT", "LIST"])?;
        let connected = list.windows(4).filter(|window| window == b" fd=").count();
        if connected == count + 1 {
            return Ok(());
        }
        ensure!(begun.elapsed() < Duration::from_secs(20), "{connected} clients are connected, not {count}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A server that has served so many clients before, so that what it keeps for them is there.
fn warm() -> Result<(Program, UnixStream)> {
    let program = Program::start(PROGRAM, &["--protected-mode", "no"], Limits::default())?;
    let mut known = connect(&program)?;
    let clients = (0..CLIENTS).map(|_| connect(&program)).collect::<Result<Vec<_>>>()?;
    wait_for_clients(&program, CLIENTS + 1)?;
    drop(clients);
    wait_for_clients(&program, 1)?;
    others_are_served(&program, &mut known)?;
    Ok((program, known))
}

fn claimed() -> Result<()> {
    for claim in CLAIMS {
        let (program, mut known) = warm()?;
        let (before, reserved) = (program.resident()?, program.address_space()?);
        let mut clients = (0..CLIENTS).map(|_| connect(&program)).collect::<Result<Vec<_>>>()?;
        for client in &mut clients {
            client.write_all(claim)?;
        }
        others_are_served(&program, &mut known)?;
        wait_for_clients(&program, CLIENTS + 1)?;
        let cost = program.resident()?.saturating_sub(before);
        let reserved = program.address_space()?.saturating_sub(reserved);
        println!("{}: {} KiB, {} KiB reserved", claim.escape_ascii(), cost / 1024, reserved / 1024);
        ensure!(cost < COST, "{} cost {cost} bytes", claim.escape_ascii());
        // Where memory is not given before it is used, room for all that was claimed would cost nothing until it runs out.
        ensure!(reserved < RESERVED, "{} reserved {reserved} bytes", claim.escape_ascii());
        others_are_served(&program, &mut known)?;
        drop(clients);
        wait_for_clients(&program, 1)?;
        let left = program.resident()?.saturating_sub(before);
        ensure!(left < LEFT, "{} left {left} bytes", claim.escape_ascii());
    }
    Ok(())
}

fn before_the_password() -> Result<()> {
    let program = Program::start(PROGRAM, &["--requirepass", "secret"], Limits::default())?;
    let before = program.resident()?;
    for (claim, answer) in [
        (&b"*11\r\n"[..], &b"-ERR Protocol error: unauthenticated multibulk length\r\n"[..]),
        (b"*2147483647\r\n", b"-ERR Protocol error: unauthenticated multibulk length\r\n"),
        (b"*1\r\n$16385\r\n", b"-ERR Protocol error: unauthenticated bulk length\r\n"),
        (b"*1\r\n$536870912\r\n", b"-ERR Protocol error: unauthenticated bulk length\r\n"),
    ] {
        for _ in 0..CLIENTS {
            let mut client = connect(&program)?;
            client.write_all(claim)?;
            let mut told = Vec::new();
            client.read_to_end(&mut told).with_context(|| format!("{} is not closed", claim.escape_ascii()))?;
            ensure!(told == answer, "{}: {}", claim.escape_ascii(), told.escape_ascii());
        }
    }
    let cost = program.resident()?.saturating_sub(before);
    ensure!(cost < COST, "they cost {cost} bytes");
    Ok(())
}

/// All clients set a key of their own, a byte at a time in turn.
fn byte_by_byte() -> Result<()> {
    let (program, mut known) = warm()?;
    let mut clients = (0..CLIENTS).map(|_| connect(&program)).collect::<Result<Vec<_>>>()?;
    let request =
        |number: usize| format!("*3\r\n$3\r\nSET\r\n$2\r\n{number:02}\r\n$3\r\n{number:03}\r\nGET {number:02}\r\n");
    let len = request(0).len();
    for at in 0..len {
        for (number, client) in clients.iter_mut().enumerate() {
            client.write_all(&request(number).as_bytes()[at..=at])?;
        }
        if at % 8 == 0 {
            others_are_served(&program, &mut known)?;
        }
    }
    for (number, client) in clients.iter_mut().enumerate() {
        let expected = format!("+OK\r\n$3\r\n{number:03}\r\n");
        let mut answer = vec![0; expected.len()];
        client.read_exact(&mut answer)?;
        ensure!(answer == expected.as_bytes(), "{}", answer.escape_ascii());
    }
    Ok(())
}
