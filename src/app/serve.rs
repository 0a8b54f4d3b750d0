//! Serving: where the service listens, and what it does by itself while it serves.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tracing::{info, warn};

use super::{App, AppError, Hold, lock};
use crate::clock::{Clock, Deadline};
use crate::grpc::{self, Listener, Tls, TlsFiles};
use crate::ledger::Context;
use crate::lifecycle::Lifecycle;
use crate::service::Service;
use crate::store::{BureauRow, StoreError};

/// Where a service listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// An address; other machines' only with TLS.
    Tcp(SocketAddr),
    /// A socket file of this machine.
    Unix(PathBuf),
}

impl From<SocketAddr> for Listen {
    fn from(address: SocketAddr) -> Self {
        Listen::Tcp(address)
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("unix:") {
            Some(path) if Path::new(path).is_absolute() => Ok(Listen::Unix(path.into())),
            Some(_) => Err("unix: 之后应为绝对路径，如 unix:/run/triage/triage.sock".to_owned()),
            None => text
                .parse()
                .map(Listen::Tcp)
                .map_err(|_| "应为 地址:端口（如 0.0.0.0:50051）或 unix:/路径".to_owned()),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Listen::Tcp(address) => address.fmt(f),
            Listen::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl Listen {
    /// Opens it, and says where it really listens: port 0 takes a free one.
    async fn open(self, tls: Option<TlsFiles>, clock: &Clock) -> Result<(Listener, Self), AppError> {
        let failed = |listen: &Self| {
            let listen = listen.clone();
            move |source| AppError::Listen { listen, source }
        };
        match (&self, tls) {
            (Listen::Tcp(address), None) if !address.ip().is_loopback() => {
                Err(AppError::NotLoopback(*address))
            }
            (Listen::Tcp(address), tls) => {
                let tls = tls.map(|files| Tls::open(files, clock.clone())).transpose()?;
                let listener = TcpListener::bind(address).await.map_err(failed(&self))?;
                let address = listener.local_addr().map_err(failed(&self))?;
                let listener = match tls {
                    Some(tls) => Listener::with_tls(listener, tls),
                    None => listener.into(),
                };
                Ok((listener, address.into()))
            }
            (Listen::Unix(_), Some(_)) => Err(AppError::TlsOnUnix),
            (Listen::Unix(path), None) => Ok((Listener::unix(path).map_err(failed(&self))?, self)),
        }
    }
}

/// How a process serves.
#[derive(Debug)]
pub struct Serving {
    /// Where it listens.
    pub listen: Listen,
    /// Its certificate.
    pub tls: Option<TlsFiles>,
    /// On trial (试运行): it scores and routes, hands out no work, and escalates nothing.
    pub is_trial: bool,
}

impl App {
    /// Serves until the lifecycle ends. Says where it listens once it does.
    pub async fn serve(
        self,
        Serving { listen, tls, is_trial }: Serving,
        lifecycle: Lifecycle,
        listening: impl FnOnce(Listen),
    ) -> Result<(), AppError> {
        // Several processes may serve one PostgreSQL; a SQLite file has one.
        let hold = if self.config.database.is_some() { Hold::Shared } else { Hold::Alone };
        let _lock = lock(&self.config.data, "serve.lock", hold)?;
        let (listener, listen) = listen.open(tls, &self.clock).await?;
        let made = if is_trial { Service::on_trial } else { Service::new };
        let service =
            made(Arc::clone(&self.context), self.clock.clone(), self.settings.lane, lifecycle.clone());
        info!(listen.address = %listen, trial = is_trial, "serving");
        listening(listen);
        if !is_trial {
            lifecycle.tasks().spawn(escalate(Arc::clone(&self.context), service.clone(), lifecycle.clone()));
        }
        lifecycle.tasks().spawn(self.purge_schedule().keep(lifecycle.clone()));
        lifecycle.tasks().spawn(service.clone().watch_over_the_database());
        let heads = self.heads();
        lifecycle.tasks().spawn(heads.clone().write_while_serving(lifecycle.clone()));
        let wire = grpc::serve(listener, service, self.settings.wire.clone(), lifecycle.stopping());
        lifecycle.run(wire).await.map_err(|error| AppError::Serve(error.to_string()))?;
        heads.write().await;
        self.context.store.close().await;
        info!("stopped");
        Ok(())
    }
}

/// How often files are looked for that nobody has signed for in time.
const ESCALATE_EVERY: Duration = Duration::from_secs(60);

/// Tells managers, and then reception, of files that nobody has signed for in time (promise 7), until the service stops.
/// Of several processes on one database, the first to come does it.
async fn escalate(context: Arc<Context>, service: Service, life: Lifecycle) {
    let every = || async {
        let mut tx = context.store.read().await?;
        let bureaus = tx.bureaus().await?;
        tx.rollback().await?;
        Ok::<_, StoreError>(bureaus)
    };
    while !life.is_stopping() {
        match every().await {
            Ok(bureaus) => {
                for BureauRow { bureau, .. } in bureaus {
                    match service.escalate(bureau).await {
                        Ok(0) => {}
                        Ok(files) => info!(bureau.id = bureau.0, files, "nobody had signed for them in time"),
                        Err(error) => {
                            warn!(bureau.id = bureau.0, %error, "files were not looked through; again in a minute");
                        }
                    }
                }
            }
            Err(error) => warn!(%error, "bureaus were not looked through; again in a minute"),
        }
        Deadline::after(ESCALATE_EVERY).within(ESCALATE_EVERY, life.stopping()).await;
    }
}
