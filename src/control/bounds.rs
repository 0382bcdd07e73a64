//! How many may be connected at once, and for how long without getting on: who connects and sends nothing, a
//! request letter by letter, or never reads its answer, must not take the places of others.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep_until};

/// How many may be connected at once; who comes then waits until one of them is gone.
const CONNECTIONS: usize = 128;

/// How long a connection lasts over which nothing of an answer goes: the time for a request, and for the
/// answer to it.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);

/// Takes connections, and no more than there are places for.
pub(super) struct Bounded {
    listener: TcpListener,
    places: Arc<Semaphore>,
    silence: Duration,
}

impl Bounded {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(CONNECTIONS)), silence: LONGEST_SILENCE }
    }
}

impl axum::serve::Listener for Bounded {
    type Io = Connection;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        // Nobody closes the semaphore.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let (stream, peer) = axum::serve::Listener::accept(&mut self.listener).await;
        let end = Box::pin(sleep_until(Instant::now() + self.silence));
        (Connection { stream, end, silence: self.silence, _place: place }, peer)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A connection, which ends by itself where it does not get on.
pub(super) struct Connection {
    stream: TcpStream,
    end: Pin<Box<Sleep>>,
    silence: Duration,
    _place: Option<OwnedSemaphorePermit>,
}

impl Connection {
    /// Fails where its time is over; else the task is woken when it is.
    fn in_time(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        match self.end.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }

    /// Notes that something went out.
    fn noted(&mut self, written: &Poll<io::Result<usize>>) {
        if matches!(written, Poll::Ready(Ok(1..))) {
            self.end.as_mut().reset(Instant::now() + self.silence);
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.in_time(context)?;
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.in_time(context)?;
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.noted(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.in_time(context)?;
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.noted(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::task::JoinSet;

    async fn answered(stream: &mut TcpStream) -> String {
        let mut answer = String::new();
        drop(stream.read_to_string(&mut answer).await);
        answer
    }

    async fn serve(places: usize) -> (std::net::SocketAddr, JoinSet<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let places = Arc::new(Semaphore::new(places));
        let bounded = Bounded { listener, places, silence: Duration::from_millis(300) };
        let router = Router::new().route("/", get(|| async { "here" }));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(bounded, router).await.unwrap() });
        (address, tasks)
    }

    #[tokio::test]
    async fn who_sends_nothing_or_letter_by_letter_is_cut_off_and_others_get_the_place() {
        let (address, mut tasks) = serve(1).await;
        let mut silent = TcpStream::connect(address).await.unwrap();
        let mut slow = TcpStream::connect(address).await.unwrap();
        let mut quick = TcpStream::connect(address).await.unwrap();
        let request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        quick.write_all(request).await.unwrap();
        let begun = Instant::now();
        tasks.spawn(async move {
            for byte in request.iter().cycle().take(400) {
                if slow.write_all(&[*byte]).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
            panic!("it may go on for ever");
        });
        assert_eq!(answered(&mut silent).await, "");
        assert!(answered(&mut quick).await.ends_with("here"));
        assert!(begun.elapsed() >= Duration::from_millis(500), "one place, two that wasted it");
        tasks.join_next().await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn who_gets_answers_may_stay() {
        let (address, _tasks) = serve(1).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        for _ in 0..4 {
            stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
            let mut bytes = [0; 4096];
            let read = stream.read(&mut bytes).await.unwrap();
            assert!(String::from_utf8_lossy(&bytes[..read]).ends_with("here"));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}
