//! redis-cli where it runs on: subscribed, and as a monitor.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::run::{Background, succeed};
use crate::server::Server;

fn redis_cli(server: &Server, words: &[&str]) -> Command {
    let mut command = Command::new("redis-cli");
    command.args(["-p", &server.port.to_string()]).args(words);
    command
}

fn lines_are(program: &Background, expected: &[&str]) -> Result<()> {
    for line in expected {
        let said = program.line()?;
        ensure!(said == *line, "it says {said:?} where {line:?} is expected");
    }
    Ok(())
}

pub(crate) fn subscribes(server: &Server) -> Result<()> {
    for protocol in ["-2", "-3"] {
        let to_channels = Background::start(&mut redis_cli(server, &[protocol, "subscribe", "news", "sport"]))?;
        lines_are(&to_channels, &["subscribe", "news", "1", "subscribe", "sport", "2"])?;
        let to_patterns = Background::start(&mut redis_cli(server, &[protocol, "--csv", "psubscribe", "n?ws*"]))?;
        lines_are(&to_patterns, &["Reading messages... (press Ctrl-C to quit)", r#""psubscribe","n?ws*",1"#])?;
        ensure!(succeed(&mut redis_cli(server, &["publish", "news", "hello, world"]))? == "2\n");
        lines_are(&to_channels, &["message", "news", "hello, world"])?;
        lines_are(&to_patterns, &[r#""pmessage","n?ws*","news","hello, world""#])?;
    }
    Ok(())
}

pub(crate) fn monitors(server: &Server) -> Result<()> {
    let monitor = Background::start(&mut redis_cli(server, &["monitor"]))?;
    lines_are(&monitor, &["OK"])?;
    succeed(&mut redis_cli(server, &["-n", "3", "set", "greeting", "\u{e9} \"quoted\""]))?;
    let said = [monitor.line()?, monitor.line()?];
    // 1700000000.000000 [3 127.0.0.1:50000] "set" …
    let words = said.each_ref().map(|line| line.split_once(']').map_or("", |(_, words)| words));
    ensure!(words == [r#" "SELECT" "3""#, r#" "set" "greeting" "\xc3\xa9 \"quoted\"""#], "{said:?}");
    Ok(())
}
