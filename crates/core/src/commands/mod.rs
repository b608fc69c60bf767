//! The command families: for each, its rows of the table and its typed calls.
//!
//! A family has the same file name here, in broker-mem and in crates/conformance. `rows!` declares
//! the rows; `calls!` declares each typed call once, for brokers and for pipelines.

mod acl;
mod bitfield;
mod client;
mod config;
mod connection;
mod debug;
mod hash;
mod key;
mod latency;
mod memory;
mod object;
mod pubsub;
mod scripting;
mod server;
mod set;
mod slowlog;
mod string;
mod transaction;

pub use acl::*;
pub use bitfield::*;
pub use client::*;
pub use config::*;
pub use connection::*;
pub use debug::*;
pub use hash::*;
pub use key::*;
pub use latency::*;
pub use memory::*;
pub use object::*;
pub use pubsub::*;
pub use scripting::*;
pub use server::*;
pub use set::*;
pub use slowlog::*;
pub use string::*;
pub use transaction::*;

/// Declares the typed calls of a family. Each becomes a method of the family's trait, which every [`Broker`] has, and a
/// builder method of [`Pipeline`](crate::Pipeline). Calls that are no single command stand in `also`.
macro_rules! calls {
    (
        $(#[$trait_doc:meta])*
        pub trait $trait:ident {
            $(
                $(#[$doc:meta])*
                fn $name:ident<$a:lifetime>($($param:ident: $type:ty),* $(,)?) -> $output:ty = $command:expr;
            )*
            $(also { $($also:tt)* })?
        }
    ) => {
        $(#[$trait_doc])*
        pub trait $trait: $crate::Broker + Sized {
            $(
                $(#[$doc])*
                fn $name<$a>(
                    &$a self,
                    $($param: $type),*
                ) -> impl ::std::future::Future<Output = $crate::Result<$output>> + Send {
                    let command: $crate::Command<$a> = $command;
                    $crate::call::Call::new(self, command)
                }
            )*
            $($($also)*)?
        }

        impl<B: $crate::Broker> $trait for B {}

        $(
            impl<$a> $crate::Pipeline<$a> {
                #[doc = concat!("Adds the command of [`", stringify!($trait), "::", stringify!($name), "`](",
                    "crate::prelude::", stringify!($trait), "::", stringify!($name), "), which is, on a broker:")]
                #[doc = ""]
                $(#[$doc])*
                pub fn $name(&mut self, $($param: $type),*) -> &mut Self {
                    self.push($command)
                }
            }
        )*
    };
}
use calls;
