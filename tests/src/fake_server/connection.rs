//! A server whose connections can be cut in the middle of an exchange.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// The connection on which a request came, as axum's `ConnectInfo`.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    is_cut: Arc<AtomicBool>,
}

impl Connection {
    /// From now on nothing goes out any more: the answer that is being made never arrives.
    pub fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
    }
}

/// Serves on a free port of 127.0.0.1 until the task is dropped or aborted.
pub async fn serve(router: Router) -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a free port on loopback");
    let address = tcp.local_addr().expect("a bound port has an address");
    let service = router.into_make_service_with_connect_info::<Connection>();
    let task = tokio::spawn(async move {
        let _ = axum::serve(CuttableListener { tcp }, service).await;
    });
    (address, task)
}

struct CuttableListener {
    tcp: TcpListener,
}

impl Listener for CuttableListener {
    type Io = Cuttable;
    type Addr = Connection;

    async fn accept(&mut self) -> (Cuttable, Connection) {
        loop {
            if let Ok((stream, _)) = self.tcp.accept().await {
                let connection = Connection::default();
                return (Cuttable { stream, connection: connection.clone() }, connection);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Connection> {
        Ok(Connection::default())
    }
}

impl Connected<IncomingStream<'_, CuttableListener>> for Connection {
    fn connect_info(stream: IncomingStream<'_, CuttableListener>) -> Connection {
        stream.remote_addr().clone()
    }
}

struct Cuttable {
    stream: TcpStream,
    connection: Connection,
}

impl Cuttable {
    fn is_cut(&self) -> bool {
        self.connection.is_cut.load(Ordering::SeqCst)
    }
}

impl AsyncRead for Cuttable {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_cut() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
