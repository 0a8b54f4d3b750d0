//! One connection: which place it holds, and when it is closed because nothing comes of it.
//!
//! A connection costs a descriptor and memory before anybody has shown a token. So there are places, a number in all
//! and a number for one address, and three deadlines: for the first byte, for the first call of a known caller, and for
//! doing nothing. Where all places are taken, the oldest connection without a known caller gives way.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tonic::transport::server::Connected;

use crate::clock::Alarm;

/// How many connections there may be, and how long one may do nothing (promise 13).
#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    /// Connections in all. Fewer where the process may not open so many descriptors.
    pub most: usize,
    /// Connections of one address (of one /64 for IPv6). This machine's own are not counted: a proxy calls for many.
    pub most_per_address: usize,
    /// From the connection to the end of the TLS handshake, and from there to the first byte of HTTP/2.
    pub handshake: Duration,
    /// From then to the first call with a known token.
    pub known: Duration,
    /// With a known caller, but without a call.
    pub idle: Duration,
    /// Without a call, once the service stops.
    pub stopping: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            most: 1_024,
            most_per_address: 256,
            handshake: Duration::from_secs(10),
            known: Duration::from_secs(60),
            idle: Duration::from_secs(3_600),
            stopping: Duration::from_secs(1),
        }
    }
}

/// Descriptors that connections leave to the database, the log and the files of a command: twice what a busy server was
/// seen to hold.
const DESCRIPTORS_KEPT: usize = 48;

/// Connections there may be even where descriptors are fewer than that.
const CONNECTIONS_LEAST: usize = 8;

/// The places, and who holds one.
#[derive(Debug)]
pub(super) struct Places {
    limits: ConnectionLimits,
    stop: CancellationToken,
    held: Mutex<BTreeMap<u64, Arc<Held>>>,
    next: AtomicU64,
    freed: Notify,
}

impl Places {
    pub(super) fn new(mut limits: ConnectionLimits, stop: CancellationToken) -> Arc<Self> {
        let descriptors = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let descriptors = descriptors.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
        let possible = descriptors.saturating_sub(DESCRIPTORS_KEPT).max(CONNECTIONS_LEAST);
        if possible < limits.most {
            tracing::info!(
                connections.most = possible,
                descriptors,
                "fewer connections than usual: the process may not open more descriptors"
            );
            limits.most = possible;
        }
        let (held, next, freed) = (Mutex::default(), AtomicU64::default(), Notify::default());
        Arc::new(Self { limits, stop, held, next, freed })
    }

    /// A place for a connection from `peer`; none is counted by address where that is none. None when all places, or all
    /// of its address, are held by known callers.
    pub(super) fn take(self: &Arc<Self>, peer: Option<IpAddr>) -> Option<Place> {
        let from = peer.and_then(counted);
        let mut held = self.held();
        let crowded = from.is_some()
            && held.values().filter(|other| other.from == from).count() >= self.limits.most_per_address;
        if crowded || held.len() >= self.limits.most {
            let may_go = |other: &Held| !other.is_known() && (!crowded || other.from == from);
            let (number, _) = held.iter().find(|(_, other)| may_go(other))?;
            let number = *number;
            if let Some(other) = held.remove(&number) {
                other.gives_way.store(true, Ordering::Release);
                other.closing.cancel();
            }
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let taken = Arc::new(Held {
            address: peer.map(network),
            from,
            reading: Arc::new(Semaphore::new(READING_MOST)),
            known: AtomicBool::new(false),
            gives_way: AtomicBool::new(false),
            calls: AtomicUsize::new(0),
            changes: AtomicU64::new(0),
            closing: self.stop.child_token(),
        });
        held.insert(number, Arc::clone(&taken));
        Some(Place { places: Arc::clone(self), number, held: taken })
    }

    /// Resolves when a connection has ended.
    pub(super) async fn freed(&self) {
        self.freed.notified().await;
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Held>>> {
        // What is guarded is consistent between any two statements.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an address counts as; this machine's own count as none.
fn counted(peer: IpAddr) -> Option<IpAddr> {
    let peer = network(peer);
    (!peer.is_loopback()).then_some(peer)
}

/// Whoever has one IPv6 address has 2^64 of them.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        peer => peer,
    }
}

/// Calls without a token of one connection whose body is still being read.
const READING_MOST: usize = 16;

/// What is known of a connection while it holds a place.
#[derive(Debug)]
struct Held {
    /// Where it comes from; none by a socket file.
    address: Option<IpAddr>,
    /// As what that is counted.
    from: Option<IpAddr>,
    reading: Arc<Semaphore>,
    /// A call with a known token came over it.
    known: AtomicBool,
    /// Its place was given to another.
    gives_way: AtomicBool,
    /// Open calls of known callers, and how often one has begun or ended so far.
    calls: AtomicUsize,
    changes: AtomicU64,
    /// Cancelled when it gives way, or the service stops.
    closing: CancellationToken,
}

impl Held {
    fn is_known(&self) -> bool {
        self.known.load(Ordering::Acquire)
    }
}

/// A connection's place; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    number: u64,
    held: Arc<Held>,
}

impl Place {
    /// Resolves when the connection is to be closed.
    pub(super) async fn closing(&self) {
        self.held.closing.cancelled().await;
    }

    pub(super) fn limits(&self) -> &ConnectionLimits {
        &self.places.limits
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.held().remove(&self.number);
        self.places.freed.notify_waiters();
    }
}

/// The connection that a request came over.
#[derive(Debug, Clone)]
pub(super) struct Peer(Arc<Held>);

impl Peer {
    /// Its address, an IPv6 network as one; none by a socket file.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.0.address
    }

    /// A place for a call without a token while its body is read, if the connection has one left.
    pub(super) fn read(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.reading).try_acquire_owned().ok()
    }

    /// A known caller's call begins.
    pub(super) fn begin(&self) -> Call {
        self.0.known.store(true, Ordering::Release);
        self.0.changes.fetch_add(1, Ordering::AcqRel);
        self.0.calls.fetch_add(1, Ordering::AcqRel);
        Call(Arc::clone(&self.0))
    }
}

/// An open call of a known caller.
#[derive(Debug)]
pub(super) struct Call(Arc<Held>);

impl Call {
    /// The answer's body; the call is open until it has been sent or is given up.
    pub(super) fn until_sent(self, body: Body) -> Body {
        Body::new(Answer { body, _call: self })
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // In this order: whoever sees no open call sees that one has just ended, and leaves time to write its answer.
        self.0.changes.fetch_add(1, Ordering::AcqRel);
        self.0.calls.fetch_sub(1, Ordering::AcqRel);
    }
}

struct Answer {
    body: Body,
    _call: Call,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What carries the bytes.
#[derive(Debug)]
pub(super) enum Carrier {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Unix(UnixStream),
}

/// Which deadline runs.
#[derive(Debug, Clone, Copy)]
enum Stage {
    /// For the first byte.
    Silent,
    /// For the first call of a known caller.
    Unknown,
    /// For the next call: so often one had begun or ended when the deadline was set.
    Known(u64),
    /// For the end of the open calls, when the service stops, and the time to write their answers; likewise.
    Stopping(u64),
}

/// A connection in its place.
#[derive(Debug)]
pub(super) struct Connection {
    carrier: Carrier,
    place: Place,
    stage: Stage,
    alarm: Alarm,
    /// None once it has come.
    closing: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    spoke: bool,
    closed: Option<&'static str>,
}

impl Connection {
    pub(super) fn new(carrier: Carrier, place: Place) -> Self {
        let closing = Some(Box::pin(place.held.closing.clone().cancelled_owned()));
        let alarm = Alarm::after(place.limits().handshake);
        Self { carrier, place, stage: Stage::Silent, alarm, closing, spoke: false, closed: None }
    }

    /// Looks at the deadlines before bytes are moved; the one that moves them is woken when a deadline comes.
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.closed.is_none()
            && let Some(closing) = &mut self.closing
            && closing.as_mut().poll(cx).is_ready()
        {
            self.closing = None;
            if self.place.held.gives_way.load(Ordering::Acquire) {
                self.closed = Some("it gave way to another before a known caller used it");
            } else {
                self.stage = Stage::Stopping(self.place.held.changes.load(Ordering::Acquire));
                self.alarm.set(if self.spoke { self.place.limits().stopping } else { Duration::ZERO });
            }
        }
        while self.closed.is_none() && self.alarm.poll_ring(cx).is_ready() {
            match self.next() {
                Ok((stage, wait)) => {
                    self.stage = stage;
                    self.alarm.set(wait);
                }
                Err(why) => self.closed = Some(why),
            }
        }
        match self.closed {
            None => Ok(()),
            Some(why) => Err(io::Error::new(io::ErrorKind::TimedOut, why)),
        }
    }

    /// The stage after this one's deadline, or why there is none.
    fn next(&self) -> Result<(Stage, Duration), &'static str> {
        let (limits, held) = (self.place.limits(), &self.place.held);
        let (calls, changes) = (held.calls.load(Ordering::Acquire), held.changes.load(Ordering::Acquire));
        match self.stage {
            Stage::Silent if self.spoke => Ok((Stage::Unknown, limits.known)),
            Stage::Silent => Err("nothing was sent over it"),
            Stage::Unknown if held.is_known() => Ok((Stage::Known(changes), limits.idle)),
            Stage::Unknown => Err("no known caller used it"),
            Stage::Known(before) if calls > 0 || changes > before => Ok((Stage::Known(changes), limits.idle)),
            Stage::Known(_) => Err("it was idle"),
            Stage::Stopping(before) if calls > 0 || changes > before => {
                Ok((Stage::Stopping(changes), limits.stopping))
            }
            Stage::Stopping(_) => Err("the service stops"),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(why) = self.closed {
            tracing::debug!(why, "connection closed");
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        Peer(Arc::clone(&self.place.held))
    }
}

/// The same call on whatever carries the bytes.
macro_rules! carried {
    ($connection:expr, $carrier:ident => $call:expr) => {
        match &mut $connection.carrier {
            Carrier::Tcp($carrier) => $call,
            Carrier::Tls($carrier) => $call,
            Carrier::Unix($carrier) => $call,
        }
    };
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(cx)?;
        let before = buf.filled().len();
        ready!(carried!(self, carrier => Pin::new(carrier).poll_read(cx, buf)))?;
        self.spoke |= buf.filled().len() > before;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        carried!(self, carrier => Pin::new(carrier).poll_write(cx, buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        carried!(self, carrier => Pin::new(carrier).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.carrier {
            Carrier::Tcp(carrier) => carrier.is_write_vectored(),
            Carrier::Tls(carrier) => carrier.is_write_vectored(),
            Carrier::Unix(carrier) => carrier.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        carried!(self, carrier => Pin::new(carrier).poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        carried!(self, carrier => Pin::new(carrier).poll_shutdown(cx))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(most: usize, most_per_address: usize) -> Arc<Places> {
        let limits = ConnectionLimits { most, most_per_address, ..ConnectionLimits::default() };
        Places::new(limits, CancellationToken::new())
    }

    fn known(place: &Place) {
        drop(Peer(Arc::clone(&place.held)).begin());
    }

    fn is_closing(place: &Place) -> bool {
        place.held.closing.is_cancelled()
    }

    #[test]
    fn the_oldest_without_a_known_caller_gives_way() {
        let places = places(3, 3);
        let held: Vec<Place> = (0..3).map(|_| places.take(None).unwrap()).collect();
        known(&held[0]);
        let fourth = places.take(None).unwrap();
        assert_eq!(held.iter().map(is_closing).collect::<Vec<_>>(), [false, true, false]);
        known(&held[2]);
        known(&fourth);
        assert!(places.take(None).is_none(), "all three places are held by known callers");
        drop(fourth);
        assert!(places.take(None).is_some());
    }

    #[test]
    fn an_address_has_its_own_share_and_this_machine_has_none() {
        let places = places(100, 2);
        let [one, same, other] =
            ["2001:db8::1", "2001:db8::2", "192.0.2.1"].map(|ip| Some(ip.parse::<IpAddr>().unwrap()));
        let here = Some("::ffff:127.0.0.1".parse().unwrap());
        let held = [one, same, other, other, here, here, here].map(|peer| places.take(peer).unwrap());
        assert!(!held.iter().any(is_closing));
        let third = places.take(same).unwrap();
        assert_eq!(
            held.iter().map(is_closing).collect::<Vec<_>>(),
            [true, false, false, false, false, false, false]
        );
        known(&held[1]);
        known(&third);
        assert!(places.take(one).is_none(), "one network has two places");
        assert!(places.take(here).is_some());
    }
}
