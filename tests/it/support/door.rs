//! Another listener on a served bureau, with limits of its own, and what comes to it.

use std::io::Read as _;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Streaming};
use triage::grpc::pb::intake_service_client::IntakeServiceClient;
use triage::grpc::target::Target;
use triage::grpc::{ConnectionLimits, Limits, Listener, pb};
use triage::lifecycle::Lifecycle;
use triage::service::{Bounds, Service};

use super::items::complaint;
use super::{Bearer, Called, TestApp, ok};

/// What a test waits for comes at once or never; this tells the two apart.
pub(crate) const NEVER: Duration = Duration::from_secs(60);

pub(crate) struct Door {
    pub(crate) life: Lifecycle,
    pub(crate) serving: JoinHandle<()>,
}

impl Door {
    /// Serves the bureau of `app` on `listener` too.
    pub(crate) fn open(app: &TestApp, listener: impl Into<Listener>, connections: ConnectionLimits) -> Self {
        let (listener, life) = (listener.into(), Lifecycle::default());
        let service =
            Service::new(app.app.context.clone(), app.clock.clone(), Bounds::default(), life.clone());
        let limits = Limits { connections, ..Limits::default() };
        let stopping = life.stopping();
        // Without the grace of the lifecycle: it must end by itself.
        let serving = tokio::spawn(async move {
            triage::grpc::serve(listener, service, limits, stopping).await.unwrap();
        });
        Self { life, serving }
    }

    /// As [`Door::open`], on a free port of this machine.
    pub(crate) async fn open_here(app: &TestApp, connections: ConnectionLimits) -> (Self, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (Self::open(app, listener, connections), address)
    }

    pub(crate) async fn stop(self) {
        self.life.stop();
        self.serving.await.unwrap();
        self.life.drained().cancel();
    }
}

/// A connection that sends `bytes` and nothing more.
pub(crate) fn silent(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    use std::io::Write as _;
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(bytes).unwrap();
    stream
}

/// What a client of HTTP/2 sends first: the preface and empty settings.
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Whether the server closes the connection; what it sends before is thrown away.
pub(crate) async fn is_closed(mut stream: TcpStream) -> bool {
    let closed = move || {
        stream.set_read_timeout(Some(NEVER)).unwrap();
        let mut bytes = [0; 256];
        loop {
            match stream.read(&mut bytes) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return error.kind() == std::io::ErrorKind::ConnectionReset,
            }
        }
    };
    tokio::task::spawn_blocking(closed).await.unwrap()
}

/// A caller on a connection of its own.
pub(crate) async fn call(target: &Target, token: &str) -> IntakeServiceClient<Called> {
    called(target.connect().await.unwrap(), token)
}

/// A caller on a connection.
pub(crate) fn called(channel: Channel, token: &str) -> IntakeServiceClient<Called> {
    let bearer = Bearer(format!("Bearer {token}").parse().unwrap());
    IntakeServiceClient::new(InterceptedService::new(channel, bearer))
}

/// An open stream of submissions.
pub(crate) struct Open {
    items: mpsc::Sender<pb::SubmitStreamRequest>,
    answers: Streaming<pb::SubmitStreamResponse>,
}

impl Open {
    pub(crate) async fn new(intake: &mut IntakeServiceClient<Called>) -> Self {
        let (items, sent) = mpsc::channel(1);
        let answers = ok(intake.submit_stream(ReceiverStream::new(sent)).await);
        Self { items, answers }
    }

    /// One of a caller who sends no token.
    pub(crate) async fn without_token(channel: Channel) -> Self {
        let (items, sent) = mpsc::channel(1);
        let answers = ok(IntakeServiceClient::new(channel).submit_stream(ReceiverStream::new(sent)).await);
        Self { items, answers }
    }

    /// Why the service ends it.
    pub(crate) async fn ended(mut self) -> Code {
        loop {
            if let Err(status) = self.answers.message().await.map(Option::unwrap) {
                return status.code();
            }
        }
    }

    /// One submission: it is in.
    pub(crate) async fn submit(&mut self, number: &str) {
        let submission = Some(complaint(number, 0));
        self.items.send(pb::SubmitStreamRequest { request_id: number.to_owned(), submission }).await.unwrap();
        let answer = self.answers.message().await.unwrap().unwrap().answer.unwrap();
        assert!(matches!(answer, pb::submit_stream_response::Answer::Receipt(_)), "{answer:?}");
    }
}
