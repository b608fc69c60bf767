//! Who is connected: what CLIENT LIST tells, and how CLIENT KILL reaches a client.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Waker};
use std::time::Instant;

use bytes::Bytes;
use embroker_core::error::texts;
use embroker_core::instance::Instance;
use embroker_core::instance::config::{Config, Parameter};
use embroker_core::{ServerError, Subscriber};
use tokio::sync::Notify;

use crate::pubsub::Counts;

/// The clients of one server, by id.
#[derive(Default)]
pub(crate) struct Clients(Mutex<Registry>);

struct Registry {
    last_id: i64,
    by_id: BTreeMap<i64, Arc<Client>>,
}

impl Default for Registry {
    /// Redis gives the ids 1 and 2 to clients of its own, in which scripts run, so the first to connect is 3.
    fn default() -> Self {
        Self { last_id: 2, by_id: BTreeMap::new() }
    }
}

/// One client, as others see it.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use embroker_core::resp::Request;
/// # use embroker_mem::MemBroker;
/// # use embroker_session::{Address, Sessions};
/// # let sessions = Sessions::new(MemBroker::new());
/// # let mut session = sessions.open(Address::unknown())?;
/// let client = session.client();
/// let mut other = sessions.open(Address::unknown())?;
/// other.request(&Request::from_argv(["CLIENT", "KILL", "SKIPME", "yes"])?).await;
/// assert!(client.is_killed());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Client {
    pub(crate) id: i64,
    pub(crate) address: Address,
    since: Instant,
    facts: Mutex<Facts>,
    is_killed: AtomicBool,
    kill: Notify,
}

/// Both ends of a connection, as CLIENT LIST writes them.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use embroker_core::resp::Request;
/// # use embroker_mem::MemBroker;
/// # use embroker_session::{Address, Sessions};
/// # let sessions = Sessions::new(MemBroker::new());
/// let address = Address { peer: "127.0.0.1:40000".into(), local: "127.0.0.1:6379".into(), unix: false };
/// let mut session = sessions.open(address)?;
/// session.request(&Request::from_argv(["CLIENT", "INFO"])?).await;
/// let output = String::from_utf8_lossy(session.output());
/// assert!(output.contains(" addr=127.0.0.1:40000 laddr=127.0.0.1:6379 "));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Address {
    /// The client's end, `host:port` or a path and `:0`.
    pub peer: String,
    /// Our end.
    pub local: String,
    /// Whether it is a unix socket.
    pub unix: bool,
}

/// The last command of who has called none, as Redis writes it.
pub(crate) const NO_COMMAND: &str = "NULL";

/// The address of who has none, as Redis writes it.
const UNKNOWN: &str = "?:0";

impl Address {
    /// A client without an address: it came by a pipe or a call.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_session::Address;
    ///
    /// assert_eq!(Address::unknown().peer, "?:0");
    /// # Ok(())
    /// # }
    /// ```
    pub fn unknown() -> Self {
        Self { peer: UNKNOWN.into(), local: UNKNOWN.into(), unix: false }
    }

    /// Whether the client is on this machine, as Redis sees it: by a unix socket, from 127.0.0.1 or from
    /// `::1`. One without an address is in this process.
    pub(crate) fn is_local(&self) -> bool {
        const HERE: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

        let is_here = |peer: SocketAddr| HERE.contains(&peer.ip().to_canonical());
        self.unix || self.peer == UNKNOWN || self.peer.parse().is_ok_and(is_here)
    }
}

/// What changes about a client.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) name: Bytes,
    pub(crate) database: u32,
    pub(crate) last_command: &'static str,
    pub(crate) last_seen: Instant,
    pub(crate) subscriptions: Counts,
    /// Whose subscriptions they are, for who kills the client.
    pub(crate) subscriber: Weak<Subscriber>,
    /// How many commands a transaction has queued.
    pub(crate) queued: Option<usize>,
    pub(crate) resp: u8,
    pub(crate) no_evict: bool,
    /// Whether it has called MONITOR.
    pub(crate) monitors: bool,
    /// Whether a command of its waits for the end of a pause.
    pub(crate) is_held: bool,
}

/// A client's place in the list; it leaves when this is dropped.
pub(crate) struct Membership {
    clients: Arc<Clients>,
    instance: Arc<Instance>,
    pub(crate) client: Arc<Client>,
}

impl Clients {
    /// Adds a client, unless there are that many already, or protected mode keeps it out: in this order.
    pub(crate) fn join(
        self: &Arc<Self>,
        address: Address,
        instance: &Arc<Instance>,
    ) -> Result<Membership, ServerError> {
        let (stats, config) = (instance.stats(), instance.config());
        let most = config.number(Parameter::MaxClients).unsigned_abs();
        let mut registry = self.lock();
        let refused = if registry.by_id.len() as u64 >= most {
            Some(texts::MAX_CLIENTS)
        } else {
            is_denied(config, &address).then_some(texts::PROTECTED_MODE)
        };
        if let Some(error) = refused {
            stats.rejected_connections.add(1);
            return Err(error);
        }
        registry.last_id += 1;
        let now = Instant::now();
        let facts = Facts {
            name: Bytes::new(),
            database: 0,
            last_command: NO_COMMAND,
            last_seen: now,
            subscriptions: Counts::default(),
            subscriber: Weak::new(),
            queued: None,
            resp: 2,
            no_evict: false,
            monitors: false,
            is_held: false,
        };
        let client = Arc::new(Client {
            id: registry.last_id,
            address,
            since: now,
            facts: Mutex::new(facts),
            is_killed: AtomicBool::new(false),
            kill: Notify::new(),
        });
        registry.by_id.insert(client.id, client.clone());
        drop(registry);
        stats.connections_received.add(1);
        stats.connected_clients.add(1);
        Ok(Membership { clients: self.clone(), instance: instance.clone(), client })
    }

    /// All clients, in the order they came.
    pub(crate) fn all(&self) -> Vec<Arc<Client>> {
        self.lock().by_id.values().cloned().collect()
    }

    /// The client of this id.
    pub(crate) fn find(&self, id: i64) -> Option<Arc<Client>> {
        self.lock().by_id.get(&id).cloned()
    }

    /// The client is gone: from now on it is in no list.
    pub(crate) fn leave(&self, id: i64, instance: &Instance) {
        if self.lock().by_id.remove(&id).is_some() {
            instance.stats().connected_clients.add(-1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether protected mode keeps a client out: without a password the broker is for this machine only.
fn is_denied(config: &Config, address: &Address) -> bool {
    !address.is_local() && config.flag(Parameter::ProtectedMode) && config.text(Parameter::RequirePass).is_empty()
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.clients.leave(self.client.id, &self.instance);
    }
}

impl Client {
    /// Returns when the client is to be closed at once: CLIENT KILL.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # let sessions = Sessions::new(MemBroker::new());
    /// # let mut session = sessions.open(Address::unknown())?;
    /// let mut other = sessions.open(Address::unknown())?;
    /// other.request(&Request::from_argv(["CLIENT", "KILL", "SKIPME", "yes"])?).await;
    /// session.client().killed().await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn killed(&self) {
        self.kill.notified().await;
    }

    /// Has the client closed at once. What the killer sends next reaches its subscriptions no more, though its task may
    /// still have to hear of it.
    pub(crate) fn kill(&self) {
        self.is_killed.store(true, Ordering::SeqCst);
        let subscriber = self.facts().subscriber.upgrade();
        if let Some(subscriber) = subscriber {
            // A broker in this process is done at once; one elsewhere hears of it when the task ends.
            let _ = pin!(subscriber.unsubscribe_all()).poll(&mut Context::from_waker(Waker::noop()));
        }
        self.kill.notify_one();
    }

    /// Whether the client is to be closed.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # let sessions = Sessions::new(MemBroker::new());
    /// # let mut session = sessions.open(Address::unknown())?;
    /// assert!(!session.client().is_killed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_killed(&self) -> bool {
        self.is_killed.load(Ordering::SeqCst)
    }

    pub(crate) fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client's line of CLIENT LIST. What only a Redis has, such as the sizes of its buffers, is 0.
    pub(crate) fn line(&self) -> String {
        let facts = self.facts().clone();
        let mut flags = String::new();
        for (flag, set) in [
            ('O', facts.monitors),
            ('P', !facts.subscriptions.is_empty()),
            ('x', facts.queued.is_some()),
            ('b', facts.is_held),
            ('U', self.address.unix),
            ('e', facts.no_evict),
        ] {
            if set {
                flags.push(flag);
            }
        }
        if flags.is_empty() {
            flags.push('N');
        }
        let mut line = String::new();
        // Writing to a string does not fail.
        let _ = write!(
            line,
            "id={} addr={} laddr={} fd=0 name={} age={} idle={} flags={flags} db={} sub={} psub={} ssub={} multi={} qbuf=0 \
             qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=0 events=r cmd={} user=default \
             redir=-1 resp={}",
            self.id,
            self.address.peer,
            self.address.local,
            String::from_utf8_lossy(&facts.name),
            self.since.elapsed().as_secs(),
            facts.last_seen.elapsed().as_secs(),
            facts.database,
            facts.subscriptions.channels,
            facts.subscriptions.patterns,
            facts.subscriptions.shard_channels,
            facts.queued.map_or(-1, |queued| i64::try_from(queued).unwrap_or(i64::MAX)),
            facts.last_command,
            facts.resp,
        );
        line
    }
}
