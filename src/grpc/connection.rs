//! One connection: what carries its bytes, and when it is closed because nothing comes of it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::transport::server::Connected;

use super::places::{Peer, Place};
use crate::clock::Alarm;

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
                self.closed = Some("it gave way to another");
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
