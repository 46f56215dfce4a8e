//! A websocket to a chat service, opened from inside: nothing has to reach this machine. Frames have a largest size, and no
//! wait is without an end.

use std::fmt;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// How long opening a connection and sending one frame may take.
const WITHIN: Duration = Duration::from_secs(10);
/// How long a farewell may take: nobody waits for its answer.
const FAREWELL_WITHIN: Duration = Duration::from_secs(1);

/// An open connection.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Socket")
    }
}

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    Text(String),
    /// Only a sign of life: a ping (which is answered without us), or the answer to ours.
    Alive,
    /// The other side ends the connection, with its code where it gave one.
    Closed {
        code: Option<u16>,
    },
}

/// Why a connection does not work (any more). A sentence for the log; the address is left out, because it carries a ticket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("the address of the websocket does not begin with {wanted}")]
    BadUrl { wanted: &'static str },
    #[error("the websocket could not be opened: {why}")]
    Unreachable { why: String },
    #[error("the websocket was refused with status {status}")]
    Refused { status: u16 },
    #[error("the websocket did not take a frame, or did not open, within {} s", WITHIN.as_secs())]
    Slow,
    #[error("the websocket sent more than {bytes_max} bytes at once")]
    TooLarge { bytes_max: usize },
    #[error("the websocket broke: {why}")]
    Cut { why: String },
}

impl Socket {
    /// Opens a connection. Without encryption only where `api_url`, which named the address, is without it too: a stand-in on
    /// this machine.
    ///
    /// # Errors
    /// If it cannot be opened in time.
    pub async fn open(url: &str, api_url: &str, bytes_max: usize) -> Result<Socket, Broken> {
        crate::install_crypto();
        let stands_in = api_url.starts_with("http://") && url.starts_with("ws://");
        if !url.starts_with("wss://") && !stands_in {
            return Err(Broken::BadUrl { wanted: "wss://" });
        }
        let config = WebSocketConfig::default().max_message_size(Some(bytes_max)).max_frame_size(Some(bytes_max));
        match tokio::time::timeout(WITHIN, connect_async_with_config(url, Some(config), true)).await {
            Ok(Ok((stream, _))) => Ok(Socket { stream }),
            Ok(Err(Error::Http(answer))) => Err(Broken::Refused { status: answer.status().as_u16() }),
            Ok(Err(error)) => Err(Broken::Unreachable { why: error.to_string() }),
            Err(_) => Err(Broken::Slow),
        }
    }

    /// Waits for what comes next. Giving the wait up loses nothing.
    ///
    /// # Errors
    /// If the connection is of no use any more.
    pub async fn next(&mut self) -> Result<Frame, Broken> {
        match self.stream.next().await {
            Some(Ok(Message::Text(text))) => Ok(Frame::Text(text.as_str().to_owned())),
            // Neither service sends bytes unless asked to compress; whatever it is, it shows that somebody is there.
            Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(Frame::Alive),
            Some(Ok(Message::Close(frame))) => Ok(Frame::Closed { code: frame.map(|frame| frame.code.into()) }),
            Some(Err(Error::Capacity(_))) => {
                let bytes_max = self.stream.get_config().max_message_size.unwrap_or_default();
                Err(Broken::TooLarge { bytes_max })
            }
            Some(Err(Error::ConnectionClosed | Error::AlreadyClosed)) | None => Ok(Frame::Closed { code: None }),
            Some(Err(error)) => Err(Broken::Cut { why: error.to_string() }),
        }
    }

    /// Sends a text.
    ///
    /// # Errors
    /// If the connection is of no use any more.
    pub async fn say(&mut self, text: &str) -> Result<(), Broken> {
        self.send(Message::text(text)).await
    }

    /// Asks the other side for a sign of life.
    ///
    /// # Errors
    /// If the connection is of no use any more.
    pub async fn ping(&mut self) -> Result<(), Broken> {
        self.send(Message::Ping(Bytes::from_static(b"shiftbell"))).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Broken> {
        match tokio::time::timeout(WITHIN, self.stream.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Broken::Cut { why: error.to_string() }),
            Err(_) => Err(Broken::Slow),
        }
    }

    /// Says goodbye with this code, if the other side still listens.
    pub async fn close(mut self, code: u16) {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        let _ = tokio::time::timeout(FAREWELL_WITHIN, self.stream.close(Some(frame))).await;
    }
}
