//! CLIENT TRACKING and what belongs to it. Keys are not tracked: what asks is answered as a client that did not switch
//! tracking on, and ON is refused.

use embroker_core::error::texts;
use embroker_core::{Arg, Broker, ServerError, Value, parse_int};

use crate::session::{Session, is_word};

/// CLIENT TRACKING's options.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of the command")]
struct Options {
    redirects: bool,
    broadcast: bool,
    opt_in: bool,
    opt_out: bool,
    prefixes: bool,
}

impl<B: Broker> Session<B> {
    /// `CLIENT TRACKING ON|OFF [REDIRECT id] [PREFIX prefix …] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]`.
    pub(crate) fn tracking(&mut self, args: &[Arg<'_>]) -> Result<(), ServerError> {
        let [switch, rest @ ..] = args else { return Err(texts::SYNTAX) };
        let options = self.tracking_options(rest)?;
        if is_word(switch, "on") {
            options.check()?;
            return Err(texts::TRACKING_ABSENT);
        }
        if !is_word(switch, "off") {
            return Err(texts::SYNTAX);
        }
        self.ok();
        Ok(())
    }

    fn tracking_options(&self, args: &[Arg<'_>]) -> Result<Options, ServerError> {
        let mut options = Options::default();
        let mut rest = args;
        while let [option, after @ ..] = rest {
            let is = |word| is_word(option, word);
            rest = match after {
                [id, after @ ..] if is("redirect") => {
                    if options.redirects {
                        return Err(texts::TRACKING_REDIRECT_TWICE);
                    }
                    let id = parse_int(id.as_bytes()).ok_or(texts::NOT_AN_INTEGER)?;
                    self.shared.common.clients.find(id).ok_or(texts::TRACKING_REDIRECT)?;
                    options.redirects = true;
                    after
                }
                [_, after @ ..] if is("prefix") => {
                    options.prefixes = true;
                    after
                }
                after if is("bcast") => {
                    options.broadcast = true;
                    after
                }
                after if is("optin") => {
                    options.opt_in = true;
                    after
                }
                after if is("optout") => {
                    options.opt_out = true;
                    after
                }
                after if is("noloop") => after,
                _ => return Err(texts::SYNTAX),
            };
        }
        Ok(options)
    }

    /// `CLIENT TRACKINGINFO`.
    pub(crate) fn tracking_info(&mut self) {
        let facts = [
            ("flags", Value::Set(vec!["off".into()])),
            ("redirect", Value::Int(-1)),
            ("prefixes", Value::Array(Vec::new())),
        ];
        self.value(&Value::Map(facts.into_iter().map(|(fact, value)| (fact.into(), value)).collect()));
    }
}

impl Options {
    /// Whether they go together.
    fn check(&self) -> Result<(), ServerError> {
        if self.prefixes && !self.broadcast {
            return Err(texts::TRACKING_PREFIX);
        }
        if self.broadcast && (self.opt_in || self.opt_out) {
            return Err(texts::TRACKING_BCAST);
        }
        if self.opt_in && self.opt_out {
            return Err(texts::TRACKING_OPTS);
        }
        Ok(())
    }
}
