//! The README's programs in other languages, word by word.

use anyhow::{Context as _, Result, ensure};

use crate::client::{node_command, python_command};
use crate::run::succeed;
use crate::server::Server;
use crate::transcript::{self, with_port};

const README: &str = include_str!("../../../../README.md");

pub(crate) fn redis_cli(server: &Server) -> Result<()> {
    transcript::check(block("console")?, server)
}

pub(crate) fn python(server: &Server) -> Result<()> {
    prints_what_it_says(block("python")?, "# prints ", |program| {
        succeed(python_command().args(["-c", &with_port(program, server)]))
    })
}

pub(crate) fn node(server: &Server) -> Result<()> {
    prints_what_it_says(block("js")?, "// prints ", |program| {
        succeed(node_command().args(["--input-type=module", "--eval", &with_port(program, server)]))
    })
}

/// Runs a program, whose comments of this kind tell what it prints.
fn prints_what_it_says(program: &str, comment: &str, run: impl FnOnce(&str) -> Result<String>) -> Result<()> {
    let told: Vec<&str> = program.lines().filter_map(|line| Some(line.split_once(comment)?.1)).collect();
    let printed = run(program)?;
    ensure!(printed.lines().eq(told.iter().copied()), "it prints {printed:?}, and says that it prints {told:?}");
    Ok(())
}

/// The only block of the README in this language.
fn block(language: &str) -> Result<&'static str> {
    let mut blocks = README.split("\n```").filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n'));
    let block = blocks.next().with_context(|| format!("the README has no block of {language}"))?;
    ensure!(blocks.next().is_none(), "the README has two blocks of {language}");
    Ok(block)
}
