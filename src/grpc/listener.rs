//! Where connections come from: taken one by one, greeted with TLS beside each other, and handed on in their places.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic_health::server::HealthReporter;
use tracing::{info, warn};

use super::connection::{Carrier, Connection};
use super::places::{Place, Places};
use super::tls::{self, Tls};
use crate::clock::Deadline;

/// Where the service listens.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    tls: Option<Tls>,
    /// Removed when nothing listens any more.
    _file: Option<SocketFile>,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self { socket: Socket::Tcp(listener), tls: None, _file: None }
    }
}

impl Listener {
    /// With TLS on every connection.
    pub fn with_tls(listener: TcpListener, tls: Tls) -> Self {
        Self { socket: Socket::Tcp(listener), tls: Some(tls), _file: None }
    }

    /// A socket file at `path`, for programs of this machine that may write to it: those of its owner and its group. One
    /// that a process left behind when it was killed is replaced; it is removed when nothing listens any more.
    pub fn unix(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
        match std::fs::symlink_metadata(path) {
            Ok(found) if !found.file_type().is_socket() => return Err(io::ErrorKind::AlreadyExists.into()),
            Ok(_) => match std::os::unix::net::UnixStream::connect(path) {
                Ok(_) => return Err(io::ErrorKind::AddrInUse.into()),
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path)?,
                Err(error) => return Err(error),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
        let made = std::fs::symlink_metadata(path)?;
        let file = SocketFile { path: path.to_owned(), device: made.dev(), inode: made.ino() };
        Ok(Self { socket: Socket::Unix(listener), tls: None, _file: Some(file) })
    }

    async fn accept(&self) -> io::Result<(Carrier, Option<IpAddr>)> {
        match &self.socket {
            Socket::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Small answers must not wait for Nagle's algorithm. A connection that has gone already says so later.
                let _ = stream.set_nodelay(true);
                Ok((Carrier::Tcp(stream), Some(peer.ip())))
            }
            Socket::Unix(listener) => Ok((Carrier::Unix(listener.accept().await?.0), None)),
        }
    }

    /// Takes connections until the service stops, and hands them on in their places.
    pub(super) async fn run(
        self,
        places: Arc<Places>,
        connections: mpsc::Sender<io::Result<Connection>>,
        health: HealthReporter,
        stop: CancellationToken,
    ) {
        let door = Door { places, connections, handshakes: Arc::default() };
        let watched = async {
            match &self.tls {
                Some(tls) => tls.watch(&health, &stop).await,
                None => stop.cancelled().await,
            }
        };
        tokio::select! {
            () = watched => {}
            () = self.take(&door) => {}
        }
    }

    async fn take(&self, door: &Door) {
        let (full, out_of_descriptors) = (Seldom::default(), Seldom::default());
        loop {
            match self.accept().await {
                Ok((carrier, peer)) => match door.places.take(peer) {
                    Some(place) => door.let_in(carrier, place, self.tls.as_ref()).await,
                    None if full.may() => {
                        warn!("connections are refused: all places are held by callers with a token");
                    }
                    None => {}
                },
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    if out_of_descriptors.may() {
                        warn!(%error, "no connection can be taken for now; again when one has ended");
                    }
                    Deadline::after(AGAIN_AFTER).within(AGAIN_AFTER, door.places.freed()).await;
                }
            }
        }
    }
}

/// How long nothing is taken after the system refused to, unless a connection ends.
const AGAIN_AFTER: Duration = Duration::from_millis(250);

/// Whether taking the next connection may well succeed at once.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, TimedOut};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted | TimedOut)
}

/// What every new connection passes.
struct Door {
    places: Arc<Places>,
    connections: mpsc::Sender<io::Result<Connection>>,
    /// When a failed handshake was last logged.
    handshakes: Arc<Seldom>,
}

impl Door {
    async fn let_in(&self, carrier: Carrier, place: Place, tls: Option<&Tls>) {
        match (carrier, tls) {
            (Carrier::Tcp(stream), Some(tls)) => {
                let (connections, log_limit) = (self.connections.clone(), Arc::clone(&self.handshakes));
                tokio::spawn(greet(stream, place, tls.clone(), connections, log_limit));
            }
            // Nobody receives once the service stops.
            (carrier, _) => drop(self.connections.send(Ok(Connection::new(carrier, place))).await),
        }
    }
}

/// The TLS handshake of one connection, within its deadline.
async fn greet(
    stream: TcpStream,
    place: Place,
    tls: Tls,
    connections: mpsc::Sender<io::Result<Connection>>,
    log_limit: Arc<Seldom>,
) {
    let within = place.limits().handshake;
    let handshake = Deadline::after(within).within(within, tls.acceptor().accept(stream));
    let greeted = tokio::select! {
        greeted = handshake => greeted,
        () = place.closing() => return,
    };
    match greeted {
        Some(Ok(stream)) => {
            if let Some(client) = stream.get_ref().1.peer_certificates().and_then(tls::client) {
                place.is_of(client);
            }
            let connection = Connection::new(Carrier::Tls(Box::new(stream)), place);
            drop(connections.send(Ok(connection)).await);
        }
        Some(Err(error)) if log_limit.may() => {
            info!(%error, "a connection failed at the TLS handshake; logged once in a while");
        }
        Some(Err(_)) | None => {}
    }
}

/// Lets what anybody can cause be logged no more than once in ten seconds.
#[derive(Debug, Default)]
struct Seldom(Mutex<Option<Deadline>>);

impl Seldom {
    fn may(&self) -> bool {
        let mut again = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let may = again.is_none_or(Deadline::has_passed);
        if may {
            *again = Some(Deadline::after(Duration::from_secs(10)));
        }
        may
    }
}

/// A socket's file; removed with the listener, unless another has taken the path since.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        use std::os::unix::fs::MetadataExt as _;
        let is_ours = |found: std::fs::Metadata| found.dev() == self.device && found.ino() == self.inode;
        if std::fs::symlink_metadata(&self.path).is_ok_and(is_ours) {
            // What is left behind is replaced by the next start.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
