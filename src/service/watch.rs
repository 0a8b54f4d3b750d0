//! The watch over the database: whether it takes writes, and, once it does not, when it does again.

use tokio::sync::watch;
use tracing::{debug, error, info};

use super::Service;
use crate::clock::{Deadline, Stopwatch};
use crate::store::TRY_AGAIN;

/// Whether the database takes writes, asked for a moment.
async fn changed(writable: &mut watch::Receiver<bool>) -> bool {
    Deadline::after(TRY_AGAIN).within(TRY_AGAIN, writable.wait_for(|writable| *writable)).await.is_some()
}

impl Service {
    /// Whether the database takes writes, as far as is known. Only a batch that could not be written says no, and only a commit
    /// says yes again.
    pub fn writable(&self) -> watch::Receiver<bool> {
        self.inner.context.store.writable()
    }

    /// Until the service stops: when the database takes no writes, tries to write until it does. Whoever looks at health sends
    /// nobody meanwhile, so no caller would find out.
    pub async fn watch_over_the_database(self) {
        let mut writable = self.writable();
        let stopping = self.inner.life.stopping();
        let watching = async {
            while writable.wait_for(|writable| !*writable).await.is_ok() {
                error!("the database takes no writes; tried again every second until it does");
                let watch = Stopwatch::start();
                // A caller's batch may be first to find out.
                while !changed(&mut writable).await {
                    if let Err(error) = self.inner.context.store.try_to_write().await {
                        debug!(%error, "the database still takes no writes");
                    }
                }
                info!(after_s = watch.elapsed().as_secs(), "the database takes writes again");
            }
        };
        tokio::select! { () = watching => {}, () = stopping => {} }
    }
}
