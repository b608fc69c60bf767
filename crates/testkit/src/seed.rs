//! [`Seed`]: the one number that all chance of a test comes from.

use crate::{Error, Result};

/// The variable that repeats a test's seed.
const VARIABLE: &str = "EMBROKER_SEED";

/// What the chance of a test comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seed {
    pub(crate) number: u64,
    /// Whether the test has it in its code, so that it repeats as it is.
    pub(crate) is_fixed: bool,
}

impl Seed {
    /// The seed of the test, else the one that the environment asks for, else a new one.
    pub(crate) fn choose(given: Option<u64>) -> Result<Self> {
        let asked = match std::env::var(VARIABLE) {
            Ok(text) => Some(text.trim().parse().map_err(|_| Error::Seed(text))?),
            Err(std::env::VarError::NotPresent) => None,
            Err(std::env::VarError::NotUnicode(text)) => return Err(Error::Seed(text.to_string_lossy().into_owned())),
        };
        match (given, asked) {
            (Some(given), Some(asked)) if given != asked => Err(Error::SeedsDiffer { given, asked }),
            (Some(number), _) => Ok(Self { number, is_fixed: true }),
            (None, asked) => Ok(Self { number: asked.unwrap_or_else(|| fastrand::u64(..)), is_fixed: false }),
        }
    }

    /// A source of chance that depends on nothing but the seed and these numbers: what one thread draws does not change
    /// what another does.
    pub(crate) fn draw(self, numbers: [u64; 3]) -> fastrand::Rng {
        numbers.into_iter().fold(fastrand::Rng::with_seed(self.number), |mut rng, number| {
            fastrand::Rng::with_seed(rng.u64(..) ^ number)
        })
    }
}
