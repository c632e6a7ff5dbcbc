//! Connections of clients, with TLS where there is a certificate.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use datafusion_postgres::pgwire::tokio::TlsAcceptor;
use datafusion_postgres::pgwire::tokio::tokio_rustls::server::TlsStream;
use futures::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tonic::transport::server::Connected;

/// How long a client may take to agree on TLS.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections that are agreed on and wait to be served.
const WAITING: usize = 16;

/// Where a client is.
#[derive(Debug, Clone, Copy)]
pub struct Address(pub SocketAddr);

/// A connection; it gives its place back when it goes.
pub struct Socket {
    stream: Kind,
    address: SocketAddr,
    _place: OwnedSemaphorePermit,
}

enum Kind {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Connections as they come, so many at a time; with TLS nobody gets in
/// without it.
pub fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, most: usize) -> impl Stream<Item = Socket> {
    let places = Arc::new(Semaphore::new(most));
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let (stream, address) = tokio::select! {
                () = sender.closed() => return,
                accepted = listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    // One that is gone already is no news.
                    Err(_) => continue,
                },
            };
            let (tls, sender) = (tls.clone(), sender.clone());
            tokio::spawn(async move {
                // Small answers are not held back.
                let _ = stream.set_nodelay(true);
                let stream = match tls {
                    None => Kind::Plain(stream),
                    Some(tls) => match tokio::time::timeout(PATIENCE, tls.accept(stream)).await {
                        Ok(Ok(stream)) => Kind::Tls(Box::new(stream)),
                        _ => return,
                    },
                };
                let _ = sender.send(Socket { stream, address, _place: place }).await;
            });
        }
    });
    futures::stream::unfold(receiver, |mut receiver| async move {
        let socket = receiver.recv().await?;
        Some((socket, receiver))
    })
}

impl Socket {
    /// Where the client is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Connected for Socket {
    type ConnectInfo = Address;

    fn connect_info(&self) -> Address {
        Address(self.address)
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        match &mut self.stream {
            Kind::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Kind::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        match &mut self.stream {
            Kind::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Kind::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match &mut self.stream {
            Kind::Plain(stream) => Pin::new(stream).poll_flush(context),
            Kind::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match &mut self.stream {
            Kind::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Kind::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
