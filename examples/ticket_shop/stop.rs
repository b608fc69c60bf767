//! Who ended the sale before all was sold.

/// Whether, and how, somebody asked for the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Nobody.
    No,
    /// With q, in the dashboard.
    Quit,
    /// With Ctrl-C.
    Interrupted,
}
