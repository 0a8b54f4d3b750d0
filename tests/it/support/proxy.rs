//! A network between the service and PostgreSQL that goes silent: bytes on the connections that are open then go nowhere,
//! and nobody is told; new connections work.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The way to a server.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    /// How often it went silent.
    silences: Arc<watch::Sender<u64>>,
}

impl Proxy {
    /// A way to `server`, `host:port`.
    pub(crate) async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let silences = Arc::new(watch::Sender::new(0));
        let silent = Arc::clone(&silences);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(&server).await else { continue };
                let (near_read, near_write) = near.into_split();
                let (far_read, far_write) = far.into_split();
                tokio::spawn(carry(near_read, far_write, silent.subscribe()));
                tokio::spawn(carry(far_read, near_write, silent.subscribe()));
            }
        });
        Self { address, silences }
    }

    /// From now on nothing passes on the connections that are open.
    pub(crate) fn silence(&self) {
        self.silences.send_modify(|times| *times += 1);
    }
}

/// Carries bytes one way. After a silence it holds both ends open and carries no more, not even their end.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut silence: watch::Receiver<u64>) {
    silence.mark_unchanged();
    let mut bytes = vec![0; 64 << 10];
    loop {
        let read = tokio::select! { biased;
            _ = silence.changed() => return std::future::pending().await,
            read = from.read(&mut bytes) => read,
        };
        match read {
            Ok(count) if count > 0 && to.write_all(&bytes[..count]).await.is_ok() => {}
            _ => return,
        }
    }
}
