//! Command lines and what they print: `$ redis-cli -p 6379 ping` and, on the lines below it, `PONG`.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::run::run;
use crate::server::Server;

/// The port that stands for the server's in texts.
const PORT: &str = "6379";

/// Types each line of a transcript, and compares what it prints. All are typed, even where one differs.
pub(crate) fn check(transcript: &str, server: &Server) -> Result<()> {
    let mut differing = Vec::new();
    let mut typed = 0;
    for (line, expected) in lines(transcript) {
        let printed = type_line(&line, server)?;
        typed += 1;
        if printed != expected {
            differing.push(format!("$ {line}\nexpected:\n{expected}\nprinted:\n{printed}\n"));
        }
    }
    ensure!(typed > 0, "the transcript is empty");
    ensure!(differing.is_empty(), "{} of {typed} lines differ:\n{}", differing.len(), differing.join("\n"));
    Ok(())
}

/// The text with this server's port in it.
pub(crate) fn with_port(text: &str, server: &Server) -> String {
    text.replace(PORT, &server.port.to_string())
}

fn type_line(line: &str, server: &Server) -> Result<String> {
    let output = run(Command::new("sh").arg("-c").arg(with_port(line, server)).env_remove("REDISCLI_AUTH"))?;
    Ok(output.text.trim_end_matches('\n').replace(&server.port.to_string(), PORT))
}

/// Each command line with its output, without the newlines behind it. What stands before the first is a preface.
fn lines(transcript: &str) -> Vec<(String, String)> {
    let pieces = transcript.split("\n$ ").skip(usize::from(!transcript.starts_with("$ ")));
    let line_and_output = |piece: &str| {
        let piece = piece.strip_prefix("$ ").unwrap_or(piece);
        let (line, output) = piece.split_once('\n').unwrap_or((piece, ""));
        (line.to_owned(), output.trim_end_matches('\n').to_owned())
    };
    pieces.map(line_and_output).collect()
}
