//! Clients that read their messages, but not as fast as they come: whoever publishes to them over a connection waits a
//! little before it goes on, so that none is cut off which only had no turn.
//!
//! Nobody waits for a client that does not read, nor longer than [`PATIENCE`] at a time, nor for one that it did not
//! send anything. While nobody is behind, all of this costs one load for each burst of requests.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use embroker_core::resp::Request;
use embroker_core::{Broker, Queue};
use tokio::sync::Notify;

use crate::Session;

/// For how long whoever publishes waits for a client to read on, and at most.
pub(crate) const PATIENCE: Duration = Duration::from_millis(250);
/// Who has read so many bytes reads: one that takes a byte now and then holds nobody up.
const STEP: usize = 256 * 1024;

/// Those who are behind.
#[derive(Default)]
pub(crate) struct Readers {
    /// How many there are: what everybody looks at.
    count: AtomicUsize,
    list: Mutex<Vec<Arc<Reader>>>,
    /// One of them has caught up, or is gone.
    changed: Notify,
}

struct Reader {
    queue: Arc<Queue>,
    /// When it had last read a [`STEP`].
    has_read: Mutex<Instant>,
}

/// A client's place among those who are behind; it leaves when this is dropped.
pub struct Behind {
    readers: Arc<Readers>,
    reader: Arc<Reader>,
    /// How much it has read since it was last noted.
    unnoted: usize,
}

/// What one client does between two looks at those who are behind.
pub struct Turn {
    readers: Arc<Readers>,
    /// Who was behind, and how many messages each had been sent.
    before: Vec<(Arc<Reader>, u64)>,
}

impl<B: Broker> Session<B> {
    /// Has those who publish to this client wait for it, until what is returned is dropped. It has taken nothing since
    /// that moment. `None` where it has no subscription.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # use std::time::Instant;
    /// # let sessions = Sessions::new(MemBroker::new());
    /// # let mut reader = sessions.open(Address::unknown())?;
    /// # let mut writer = sessions.open(Address::unknown())?;
    /// # reader.request(&Request::from_argv(["SUBSCRIBE", "news"])?).await;
    /// let publish = Request::from_argv(["PUBLISH", "news", "hello"])?;
    /// assert!(writer.turn().is_none());
    /// let behind = reader.fall_behind(Instant::now()).ok_or("it has a subscription")?;
    /// let turn = writer.turn().ok_or("somebody is behind")?;
    /// writer.request(&publish).await;
    /// let fed = turn.ended().ok_or("it was sent a message")?;
    /// assert!(fed.waits_until().is_some());
    /// drop(behind);
    /// assert!(fed.waits_until().is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn fall_behind(&self, since: Instant) -> Option<Behind> {
        let queue = self.subscriptions.queue()?.clone();
        let readers = self.shared.common.behind.clone();
        let reader = Arc::new(Reader { queue, has_read: Mutex::new(since) });
        readers.change(|readers| readers.push(reader.clone()));
        Some(Behind { readers, reader, unnoted: 0 })
    }

    /// Notes who is behind, before the client runs a few requests; `None` where nobody is.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # use std::time::Instant;
    /// # let sessions = Sessions::new(MemBroker::new());
    /// # let mut reader = sessions.open(Address::unknown())?;
    /// # let mut writer = sessions.open(Address::unknown())?;
    /// # reader.request(&Request::from_argv(["SUBSCRIBE", "news"])?).await;
    /// assert!(writer.turn().is_none());
    /// let behind = reader.fall_behind(Instant::now());
    /// assert!(writer.turn().is_some());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn turn(&self) -> Option<Turn> {
        let readers = &self.shared.common.behind;
        (readers.count.load(Ordering::Relaxed) > 0).then(|| readers.turn())
    }

    /// Whether the request may send messages, which a write may do as well.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # use std::time::Instant;
    /// # let sessions = Sessions::new(MemBroker::new());
    /// # let mut reader = sessions.open(Address::unknown())?;
    /// # let mut writer = sessions.open(Address::unknown())?;
    /// # reader.request(&Request::from_argv(["SUBSCRIBE", "news"])?).await;
    /// let [publish, get] = [&["PUBLISH", "news", "hello"][..], &["GET", "k"]].map(|words| Request::from_argv(words.iter().copied()));
    /// assert!(writer.may_publish(&publish?) && !writer.may_publish(&get?));
    /// # Ok(())
    /// # }
    /// ```
    pub fn may_publish(&self, request: &Request<'_>) -> bool {
        request.command().spec().is_some_and(|spec| self.writes(spec))
    }
}

impl Readers {
    #[cold]
    fn turn(self: &Arc<Self>) -> Turn {
        let before = self.lock().iter().map(|reader| (reader.clone(), reader.queue.pushed())).collect();
        Turn { readers: self.clone(), before }
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Arc<Reader>>)) {
        let mut readers = self.lock();
        change(&mut readers);
        self.count.store(readers.len(), Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Reader>>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    fn has_read(&self) -> MutexGuard<'_, Instant> {
        self.has_read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Behind {
    /// The client has taken so many bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # use std::time::Instant;
    /// # let sessions = Sessions::new(MemBroker::new());
    /// # let mut reader = sessions.open(Address::unknown())?;
    /// # let mut writer = sessions.open(Address::unknown())?;
    /// # reader.request(&Request::from_argv(["SUBSCRIBE", "news"])?).await;
    /// let mut behind = reader.fall_behind(Instant::now()).ok_or("it has a subscription")?;
    /// // So many bytes as its socket has taken.
    /// behind.has_read(300_000);
    /// # Ok(())
    /// # }
    /// ```
    pub fn has_read(&mut self, bytes: usize) {
        self.unnoted += bytes;
        if self.unnoted >= STEP {
            self.unnoted = 0;
            *self.reader.has_read() = Instant::now();
        }
    }
}

impl Drop for Behind {
    fn drop(&mut self) {
        self.readers.change(|readers| readers.retain(|reader| !Arc::ptr_eq(reader, &self.reader)));
        self.readers.changed.notify_waiters();
    }
}

impl Turn {
    /// Those of them who were sent something meanwhile; `None` where nobody was.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # use std::time::Instant;
    /// # let sessions = Sessions::new(MemBroker::new());
    /// # let mut reader = sessions.open(Address::unknown())?;
    /// # let mut writer = sessions.open(Address::unknown())?;
    /// # reader.request(&Request::from_argv(["SUBSCRIBE", "news"])?).await;
    /// let behind = reader.fall_behind(Instant::now());
    /// let turn = writer.turn().ok_or("somebody is behind")?;
    /// assert!(turn.ended().is_none(), "it was sent nothing");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn ended(mut self) -> Option<Self> {
        self.before.retain(|(reader, before)| reader.queue.pushed() > *before);
        (!self.before.is_empty()).then_some(self)
    }

    /// Until when to wait for those who are still behind, unless they read on; `None` where nobody is.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # use std::time::Instant;
    /// # let sessions = Sessions::new(MemBroker::new());
    /// # let mut reader = sessions.open(Address::unknown())?;
    /// # let mut writer = sessions.open(Address::unknown())?;
    /// # reader.request(&Request::from_argv(["SUBSCRIBE", "news"])?).await;
    /// let behind = reader.fall_behind(Instant::now());
    /// let turn = writer.turn().ok_or("somebody is behind")?;
    /// writer.request(&Request::from_argv(["PUBLISH", "news", "hello"])?).await;
    /// let until = turn.ended().and_then(|fed| fed.waits_until()).ok_or("it is waited for")?;
    /// assert!(until > Instant::now());
    /// # Ok(())
    /// # }
    /// ```
    pub fn waits_until(&self) -> Option<Instant> {
        let readers = self.readers.lock();
        let behind = self.before.iter().filter(|(fed, _)| readers.iter().any(|reader| Arc::ptr_eq(reader, fed)));
        behind.map(|(reader, _)| *reader.has_read() + PATIENCE).max()
    }

    /// Returns when one of those who are behind no longer is, where there is anybody to wait for.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # use std::time::Instant;
    /// # let sessions = Sessions::new(MemBroker::new());
    /// # let mut reader = sessions.open(Address::unknown())?;
    /// # let mut writer = sessions.open(Address::unknown())?;
    /// # reader.request(&Request::from_argv(["SUBSCRIBE", "news"])?).await;
    /// let behind = reader.fall_behind(Instant::now());
    /// let turn = writer.turn().ok_or("somebody is behind")?;
    /// writer.request(&Request::from_argv(["PUBLISH", "news", "hello"])?).await;
    /// let fed = turn.ended().ok_or("it was sent a message")?;
    /// drop(behind);
    /// fed.changed().await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn changed(&self) {
        let mut changed = pin!(self.readers.changed.notified());
        changed.as_mut().enable();
        if self.waits_until().is_some() {
            changed.await;
        }
    }
}

impl std::fmt::Debug for Behind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Behind").field("unnoted", &self.unnoted).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Turn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Turn").field("before", &self.before.len()).finish_non_exhaustive()
    }
}
