//! Sealing keys are changed while everybody works: no call fails.

use rstest::rstest;
use triage::app::App;
use triage::domain::ids::SealKeyId;

use super::{is_whole, sealed_by};
use crate::support::busy::{Busy, CALLS};
use crate::support::{Backend, TestApp};

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn no_call_fails_while_keys_change(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let office = App::open_existing(app.config.clone(), app.clock.clone()).await.unwrap();
    let busy = Busy::new(&app, &["e1", "e2"]).await;
    for round in 1..=3 {
        busy.work().await;
        assert_eq!(office.rotate_seal_key().await.unwrap().0, round);
        busy.work().await;
        assert_eq!(office.reseal(|_, _| true).await.unwrap().unopened, 0);
        if round > 1 {
            office.remove_seal_key(SealKeyId(round - 1)).await.unwrap();
        }
    }
    busy.work().await;
    let answered = busy.stop().await;
    let (sealed, current) = sealed_by(&office).await;
    assert_eq!((sealed[0], current), ((0, 0), 3));
    assert!(sealed[1].0 == 3 && sealed[1].1 > 4 * CALLS && sealed.len() == 2, "{sealed:?}");
    is_whole(&app.app, &app.config, &app.directory, "replayed.db").await;
    eprintln!("{backend:?}: {} calls, {} values sealed, none failed", answered, sealed[1].1);
    office.context.store.close().await;
    app.stop().await;
}
