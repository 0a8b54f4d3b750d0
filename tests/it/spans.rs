//! Spans: what one call leaves for whoever watches, by names and ids alone.

use std::collections::HashMap;
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};

use crate::support::items::{complaint, submit};
use crate::support::{Backend, TestApp, ok};

/// The spans as they began: depth, name with fields, and the span that each follows from.
#[derive(Clone, Default)]
struct Tree(Arc<Mutex<Spans>>);

#[derive(Default)]
struct Spans {
    places: HashMap<u64, usize>,
    lines: Vec<(usize, String)>,
}

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Tree {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let name = attributes.metadata().name();
        if attributes.metadata().target().starts_with("triage") {
            let depth = context.span_scope(id).map_or(0, |scope| {
                scope.filter(|span| span.metadata().target().starts_with("triage")).count() - 1
            });
            let mut line = name.to_owned();
            attributes.record(&mut Fields(&mut line));
            let mut spans = self.0.lock().unwrap();
            let place = spans.lines.len();
            spans.lines.push((depth, line));
            spans.places.insert(id.into_u64(), place);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut spans = self.0.lock().unwrap();
        let Some(place) = spans.places.get(&id.into_u64()).copied() else { return };
        values.record(&mut Fields(&mut spans.lines[place].1));
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, context: Context<'_, S>) {
        let name = context.span(follows).map(|span| span.name()).unwrap_or_default();
        let mut spans = self.0.lock().unwrap();
        let Some(place) = spans.places.get(&id.into_u64()).copied() else { return };
        write!(spans.lines[place].1, " follows from {name}").unwrap();
    }
}

#[tokio::test]
async fn one_submit_leaves_this_tree() {
    let app = TestApp::spawn(Backend::Sqlite).await;
    let mut intake = app.intake().await;
    // What is read once and kept is read before.
    ok(intake.submit(submit(complaint("A0", 0))).await);
    let tree = Tree::default();
    let watched = tracing::subscriber::set_default(Registry::default().with(tree.clone()));
    // Whether anybody listens to a span is asked once, by the thread that comes first: here that may be another test's, which nobody
    // watches. Once all spans have been met, it is asked again.
    ok(intake.submit(submit(complaint("A1", 0))).await);
    tracing::callsite::rebuild_interest_cache();
    *tree.0.lock().unwrap() = Spans::default();
    ok(intake.submit(submit(complaint("A2", 0))).await);
    drop(watched);
    app.stop().await;
    let spans = tree.0.lock().unwrap();
    let lines: Vec<String> =
        spans.lines.iter().map(|(depth, line)| format!("{}{line}", "  ".repeat(*depth))).collect();
    insta::assert_snapshot!(lines.join("\n"));
}
