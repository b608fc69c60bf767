//! The program `embroker-conformance`, at servers that are right, wrong, full, gone, silent, or not to be reached.

#[path = "../common/mod.rs"]
mod common;
mod gate;

use std::process::{Command, ExitCode, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

use anyhow::{Context as _, Result, ensure};
use common::{Twist, Wrong};
use embroker_conformance::{Outcome, Report, cases};
use embroker_core::{Broker, ServerError, Value};
use embroker_mem::MemBroker;
use embroker_server::Server;
use embroker_test_support::{Backend, RedisServer, Suite};
use gate::{Gate, Holds};
use rustix::process::{Pid, Signal, kill_process};

const PROGRAM: &str = env!("CARGO_BIN_EXE_embroker-conformance");

fn main() -> ExitCode {
    let mut suite = Suite::new();
    suite.test(Backend::Mem, "list_shows_every_case", async || list_shows_every_case());
    suite.test(Backend::Mem, "embroker_has_no_difference", async || embroker_has_no_difference());
    suite.test(Backend::Mem, "our_server_has_no_difference", our_server_has_no_difference);
    suite.test(Backend::Mem, "a_server_that_is_wrong_is_told_as_text_and_as_json", a_wrong_server_is_told);
    suite.test(Backend::Mem, "what_cant_be_run_says_what_to_do", async || what_cant_be_run_says_what_to_do());
    suite.test(Backend::Mem, "what_is_no_url_is_told_with_what_to_write", async || no_url_is_told_what_to_write());
    let redis = [
        ("redis_has_no_difference_and_is_as_before_afterwards", redis_has_no_difference as fn() -> Result<()>),
        ("a_server_that_holds_keys_or_functions_is_left_alone", a_full_server_is_left_alone),
        ("a_password_is_asked_for_and_a_wrong_one_refused", a_password_is_asked_for),
        ("a_replica_is_refused_and_its_master", a_replica_is_refused_and_its_master),
        ("a_node_of_a_cluster_is_refused", a_node_of_a_cluster_is_refused),
        ("a_configuration_file_is_not_rewritten", a_configuration_file_is_not_rewritten),
        ("ctrl_c_in_a_case_puts_everything_back", ctrl_c_in_a_case_puts_everything_back),
        ("a_server_that_falls_silent_is_told_with_the_case", a_silent_server_is_told),
        ("a_server_that_dies_is_told_with_the_case", a_dying_server_is_told),
    ];
    for (name, test) in redis {
        suite.test(Backend::Redis, name, async move || test());
    }
    suite.run()
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Self { code: output.status.code(), out, err }
    }
}

impl Said {
    /// Ends with this code, and says this on the way: on standard error where it is 2.
    fn must(&self, code: i32, text: &str) -> Result<()> {
        let said = if code == 2 { &self.err } else { &self.out };
        ensure!(
            self.code == Some(code) && said.contains(text),
            "{code} and {text:?} were expected, not {:?}\n{}{}",
            self.code,
            self.out,
            self.err
        );
        Ok(())
    }
}

fn program(options: &[&str]) -> Result<Said> {
    Ok(Command::new(PROGRAM).args(options).output()?.into())
}

/// Runs the program beside a server of ours.
async fn at_server(broker: impl Broker, options: &'static [&'static str]) -> Result<Said> {
    static NEXT: AtomicU32 = AtomicU32::new(0);

    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let socket = env::temp_dir().join(format!("embroker-held-{}-{number}.sock", process::id()));
    let server =
        Server::builder().broker(broker).config("enable-debug-command", "yes")?.unix_socket(&socket).spawn().await?;
    let url = format!("redis+unix://{}", socket.display());
    let said = tokio::task::spawn_blocking(move || program(&[&["--url", &url], options].concat())).await??;
    server.shutdown().await;
    Ok(said)
}

fn nothing_differs() -> String {
    format!("\n{} passed, 0 different, 0 skipped\n", cases().len())
}

fn list_shows_every_case() -> Result<()> {
    let said = program(&["--list"])?;
    said.must(0, "\nhash::hget_of_what_is_missing_is_null\n")?;
    ensure!(said.out.lines().count() == cases().len(), "{}", said.out);
    let said = program(&["--list", "--family", "hash", "--case", "hget_of"])?;
    ensure!(said.out == "hash::hget_of_what_is_missing_is_null\n", "{}", said.out);
    Ok(())
}

fn embroker_has_no_difference() -> Result<()> {
    let said = program(&["--url", "mem://"])?;
    said.must(0, &nothing_differs())?;
    ensure!(said.out.starts_with("Redis 7.0.15, "), "{}", said.out);
    ensure!(!said.out.contains('\u{1b}'), "no colours: {}", said.out);
    Ok(())
}

async fn our_server_has_no_difference() -> Result<()> {
    at_server(MemBroker::new(), &[]).await?.must(0, &nothing_differs())
}

async fn a_wrong_server_is_told() -> Result<()> {
    let twist: Twist = |name, reply| match (name, reply) {
        ("STRLEN", Ok(Value::Int(0))) => Ok(Value::Null),
        ("GETDEL", _) => Err(ServerError::new("ERR unknown command 'GETDEL', with args beginning with: ").into()),
        (_, reply) => reply,
    };
    let said = at_server(Wrong::new(twist), &["--family", "string"]).await?;
    said.must(1, "\n    expected 0\n    got      null\n")?;
    said.must(1, "\nskipped\n  GETDEL is unknown here: string::getdel_takes_the_value_away")?;

    let said = at_server(Wrong::new(twist), &["--family", "string", "--json"]).await?;
    said.must(1, "")?;
    let report: Report = serde_json::from_str(&said.out)?;
    let difference = report.differences().next().context("a difference")?;
    ensure!((&*difference.expected, &*difference.got) == ("0", "null"), "{difference}");
    let getdel =
        report.cases.iter().find(|case| case.name == "getdel_takes_the_value_away").context("GETDEL's case")?;
    ensure!(getdel.outcome == Outcome::Skipped { reason: "GETDEL is unknown here".into() }, "{getdel:?}");
    Ok(())
}

fn what_cant_be_run_says_what_to_do() -> Result<()> {
    program(&[])?.must(2, "--url")?;
    program(&["--url", "mem://", "--family", "zset"])?.must(2, "the families are bitfield, config")?;
    program(&["--url", "carrier-pigeon://roof"])?.must(2, "carrier-pigeon")?;
    for url in ["redis://127.0.0.1/3", "redis+unix:///x.sock?user=a&db=3", "mem://name/3"] {
        program(&["--url", url])?.must(2, "leave the database out of the URL")?;
    }
    program(&["--url", "redis+unix:///no/such.sock"])?.must(2, "not connected to /no/such.sock")?;
    program(&["--url", "redis://127.0.0.1:1"])?.must(2, "not connected to 127.0.0.1:1")
}

fn text(reply: &[u8]) -> String {
    String::from_utf8_lossy(reply).into_owned()
}

/// Every parameter and every key, as the server has them.
fn state(server: &RedisServer) -> Result<(String, String)> {
    let keyspace = text(&server.command(["INFO", "keyspace"])?);
    Ok((text(&server.command(["CONFIG", "GET", "*"])?), keyspace))
}

fn redis_has_no_difference() -> Result<()> {
    // Parameters that cases change, and read nowhere as the defaults.
    let server =
        RedisServer::builder().tcp().set("lfu-log-factor", "7").set("latency-monitor-threshold", "55").start()?;
    let before = state(&server)?;
    let url = format!("redis://{}", server.tcp_address().context("a port")?);
    let said = program(&["--url", &url])?;
    let version = text(&server.command(["INFO", "server"])?);
    if version.contains("redis_version:7.0.15") {
        said.must(0, &nothing_differs())?;
    }
    ensure!(said.code != Some(2), "{}", said.err);
    ensure!(state(&server)? == before, "{:?}\n{before:?}", state(&server)?);
    Ok(())
}

fn a_full_server_is_left_alone() -> Result<()> {
    let server = RedisServer::start()?;
    server.command(["SET", "mine", "precious"])?;
    let before = state(&server)?;
    let url = server.url();
    let options = ["--url", &url, "--family", "connection"];
    let said = program(&options)?;
    said.must(2, "it holds 1 keys in database 0")?;
    said.must(2, "--allow-flush")?;
    ensure!(state(&server)? == before);
    program(&[&options[..], &["--allow-flush"]].concat())?.must(0, "2 passed")?;
    ensure!(server.command(["DBSIZE"])? == b":0\r\n");

    server.command(["FUNCTION", "LOAD", "#!lua name=mine\nredis.register_function('f', function() return 1 end)"])?;
    program(&options)?.must(2, "1 libraries of functions")?;
    ensure!(text(&server.command(["FUNCTION", "LIST"])?).contains("mine"));
    Ok(())
}

fn no_url_is_told_what_to_write() -> Result<()> {
    for (url, told) in [
        ("foo", "a broker URL reads mem://, redis://host:port or redis+unix:///path: this one has no ://"),
        ("127.0.0.1:7000", "write redis://127.0.0.1:7000 for \"127.0.0.1:7000\""),
        ("rediss://h/3", "Redis over TLS is not supported yet: write redis://"),
        ("http://h/3", "no broker speaks http://: use mem://, redis:// or redis+unix://"),
    ] {
        program(&["--url", url])?.must(2, told)?;
    }
    Ok(())
}

fn a_password_is_asked_for() -> Result<()> {
    let server = RedisServer::builder().tcp().set("requirepass", "right").start()?;
    let address = server.tcp_address().context("a port")?;
    let (tcp, unix) = (format!("redis://{address}"), server.url());
    for (url, advice) in [
        (tcp, "put the credentials into the URL, as redis://user:password@host:port"),
        (unix.clone(), "put the credentials into the URL, as redis+unix:///path?user=NAME&pass=PASSWORD"),
        (
            format!("redis://:s3cret@{address}"),
            "correct the credentials in the URL, as redis://user:password@host:port",
        ),
        (
            format!("{unix}?user=default&pass=s3cret"),
            "correct the credentials in the URL, as redis+unix:///path?user=NAME&pass=PASSWORD",
        ),
    ] {
        let said = program(&["--url", &url])?;
        said.must(2, advice)?;
        ensure!(!said.err.contains("s3cret"), "{}", said.err);
    }
    program(&["--url", &format!("redis://:right@{address}"), "--family", "connection"])?.must(0, "2 passed")
}

fn a_replica_is_refused_and_its_master() -> Result<()> {
    let master = RedisServer::builder().tcp().start()?;
    let (host, port) = master
        .tcp_address()
        .and_then(|at| Some(at.split_once(':')?).map(|(host, port)| (host.to_owned(), port.to_owned())))
        .context("a port")?;
    let replica = RedisServer::builder().set("replicaof", format!("{host} {port}")).start()?;
    for options in [&["--allow-flush"][..], &[]] {
        let said = program(&[&["--url", &replica.url()], options].concat())?;
        said.must(2, "the server is a replica, which refuses writes: name its master")?;
    }
    while !text(&master.command(["INFO", "replication"])?).contains("connected_slaves:1") {}
    program(&["--url", &master.url()])?.must(2, "the server has replicas, which would be emptied as well")
}

fn a_node_of_a_cluster_is_refused() -> Result<()> {
    let server = RedisServer::builder().tcp().set("cluster-enabled", "yes").start()?;
    program(&["--url", &server.url()])?.must(2, "the server is part of a cluster, which has one database")
}

fn a_configuration_file_is_not_rewritten() -> Result<()> {
    let server = RedisServer::start()?;
    let file = server.socket_path().with_file_name("redis.conf");
    let socket = server.socket_path().with_file_name("second.sock");
    let content = format!("port 0\nunixsocket {}\nsave \"\"\nmaxclients 777\n", socket.display());
    fs::write(&file, &content)?;
    let mut second = Command::new(env::var_os("EMBROKER_REDIS_SERVER").unwrap_or_else(|| "redis-server".into()))
        .arg(&file)
        .stdout(Stdio::null())
        .spawn()?;
    while std::os::unix::net::UnixStream::connect(&socket).is_err() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let said = program(&["--url", &format!("redis+unix://{}", socket.display()), "--case", "config::there_is"]);
    second.kill()?;
    second.wait()?;
    said?.must(2, "no case could run")?;
    ensure!(fs::read_to_string(&file)? == content);
    Ok(())
}

/// The program at a gate, in a case that has set `maxmemory` and gets no further.
fn in_the_middle_of_a_case(server: &RedisServer, holds: Holds) -> Result<(Gate, std::process::Child)> {
    let gate = Gate::open(server.socket_path(), holds)?;
    let child = Command::new(PROGRAM)
        .args(["--url", &gate.url(), "--family", "maxmemory", "--timeout"])
        .arg(if holds == Holds::Everything { "1" } else { "60" })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    gate.wait_until_closed()?;
    Ok((gate, child))
}

fn ctrl_c_in_a_case_puts_everything_back() -> Result<()> {
    for signal in [Signal::INT, Signal::TERM] {
        let server = RedisServer::start()?;
        let before = state(&server)?;
        let (_gate, child) = in_the_middle_of_a_case(&server, Holds::ThatConnection)?;
        while text(&server.command(["CONFIG", "GET", "maxmemory"])?) != "*2\r\n$9\r\nmaxmemory\r\n$1\r\n1\r\n" {}
        ensure!(server.command(["DBSIZE"])? != b":0\r\n");
        kill_process(Pid::from_child(&child), signal)?;
        Said::from(child.wait_with_output()?).must(2, "stopped; CONFIG is as it was and the databases are empty")?;
        ensure!(state(&server)? == before);
    }
    Ok(())
}

fn a_silent_server_is_told() -> Result<()> {
    let server = RedisServer::start()?;
    let (_gate, child) = in_the_middle_of_a_case(&server, Holds::Everything)?;
    let said = Said::from(child.wait_with_output()?);
    said.must(2, "maxmemory::what_may_need_memory_is_refused_and_the_rest_goes_on, at \"SET k w\": the server did not")
}

fn a_dying_server_is_told() -> Result<()> {
    let mut server = RedisServer::start()?;
    let (_gate, child) = in_the_middle_of_a_case(&server, Holds::ThatConnection)?;
    server.kill();
    let said = Said::from(child.wait_with_output()?);
    // Its reply to the case's CONFIG SET may be lost with it.
    said.must(2, "maxmemory::what_may_need_memory_is_refused_and_the_rest_goes_on, at \"")?;
    said.must(2, ": not connected to ")
}
