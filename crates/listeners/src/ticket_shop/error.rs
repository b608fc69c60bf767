//! What can go wrong in the shop.

use embroker_core::Error;

use crate::StreamEnded;

/// Why the ticket shop could not do something.
///
/// # Examples
///
/// ```
/// use embroker_listeners::ticket_shop::ShopError;
///
/// assert_eq!(ShopError::NoSuchOrder("7".into()).to_string(), r#"there is no order "7""#);
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ShopError {
    /// A message names an order that is not stored: it was published by somebody else, or deleted since.
    #[error("there is no order \"{0}\"")]
    NoSuchOrder(String),

    /// The broker holds a key of the shop's that the shop did not make, so its totals would be wrong. Use another
    /// database.
    #[error("the broker holds a key {0:?} that is not this shop's: use another database, such as redis://host:port/1")]
    ForeignKey(String),

    /// The connection was lost while a listener waited for messages: those published meanwhile are missing from the
    /// totals.
    #[error("listener {0:?} lost its connection and missed messages: the totals are incomplete")]
    MessagesLost(String),

    /// A listener can't receive messages any more.
    #[error(transparent)]
    StreamEnded(#[from] StreamEnded),

    /// The broker could not do what it was asked.
    #[error(transparent)]
    Broker(#[from] Error),
}
