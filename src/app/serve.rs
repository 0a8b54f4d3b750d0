//! Serving: where the service listens, and what it does by itself while it serves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tracing::{info, warn};

use super::{App, AppError, Hold, lock};
use crate::clock::Deadline;
use crate::desk::{Bounds, Desk};
use crate::grpc;
use crate::ledger::House;
use crate::lifecycle::Lifecycle;
use crate::store::StoreError;

impl App {
    /// Serves until the lifecycle ends. Says where it listens once it does.
    pub async fn serve(
        self,
        address: SocketAddr,
        bounds: Bounds,
        lifecycle: Lifecycle,
        listening: impl FnOnce(SocketAddr),
    ) -> Result<(), AppError> {
        if !address.ip().is_loopback() {
            return Err(AppError::NotLoopback(address));
        }
        // Several processes may serve one PostgreSQL; a SQLite file has one.
        let hold = if self.config.database.is_some() { Hold::Shared } else { Hold::Alone };
        let _lock = lock(&self.config.data, "serve.lock", hold)?;
        let failed = |source| AppError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let desk = Desk::new(Arc::clone(&self.house), self.clock.clone(), bounds, lifecycle.clone());
        info!(listen.address = %address, "serving");
        listening(address);
        lifecycle.tasks().spawn(escalate(Arc::clone(&self.house), desk.clone(), lifecycle.clone()));
        lifecycle.tasks().spawn(desk.clone().watch_over_the_database());
        let wire = grpc::serve(listener, desk, grpc::Limits::default(), lifecycle.stopping());
        lifecycle.run(wire).await.map_err(|error| AppError::Serve(error.to_string()))?;
        self.house.store.close().await;
        info!("stopped");
        Ok(())
    }
}

/// How often files are looked for that nobody has signed for in time.
const ESCALATE_EVERY: Duration = Duration::from_secs(60);

/// Tells managers, and then reception, of files that nobody has signed for in time (promise 7), until the service stops.
/// Of several processes on one database, the first to come does it.
async fn escalate(house: Arc<House>, desk: Desk, life: Lifecycle) {
    let every = || async {
        let mut tx = house.store.read().await?;
        let bureaus = tx.bureaus().await?;
        tx.rollback().await?;
        Ok::<_, StoreError>(bureaus)
    };
    while !life.is_stopping() {
        match every().await {
            Ok(bureaus) => {
                for (bureau, _) in bureaus {
                    match desk.escalate(bureau).await {
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
