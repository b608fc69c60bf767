//! Where a server listens.

use std::fs::{self, Permissions};
use std::future::Future;
use std::io::{Error, Result};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tokio::net::{TcpListener, UnixListener, lookup_host};

use embroker_session::Address;

use crate::socket::Socket;

/// Where connections come from.
pub(crate) trait Listener: Send + Sync + 'static {
    /// The next connection, and who it is.
    fn next(&self) -> impl Future<Output = Result<(Socket, Address)>> + Send;
}

impl Listener for TcpListener {
    async fn next(&self) -> Result<(Socket, Address)> {
        let (stream, peer) = self.accept().await?;
        // Replies are small and are waited for.
        stream.set_nodelay(true)?;
        let local = stream.local_addr()?.to_string();
        Ok((Socket::new(stream.into_std()?)?, Address { peer: peer.to_string(), local, unix: false }))
    }
}

impl Listener for UnixSocket {
    async fn next(&self) -> Result<(Socket, Address)> {
        let (stream, _) = self.listener.accept().await?;
        let name = format!("{}:0", self.path.display());
        Ok((Socket::new(stream.into_std()?)?, Address { peer: name.clone(), local: name, unix: true }))
    }
}

/// Binds every address that the name stands for.
pub(crate) async fn tcp(address: &str) -> Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    for address in lookup_host(address).await? {
        let listener = TcpListener::bind(address).await;
        listeners.push(listener.map_err(|error| Error::new(error.kind(), format!("{address}: {error}")))?);
    }
    Ok(listeners)
}

/// A unix socket whose file goes with it.
pub(crate) struct UnixSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl UnixSocket {
    /// Binds the path. A socket that an earlier server left there is replaced; any other file is not touched.
    /// With a mode, who may use it is that.
    pub(crate) fn bind(path: &Path, mode: Option<u32>) -> Result<Self> {
        if fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket()) {
            fs::remove_file(path)?;
        }
        let listener = UnixListener::bind(path);
        let listener = listener.map_err(|error| Error::new(error.kind(), format!("{}: {error}", path.display())))?;
        let socket = Self { listener, path: path.to_owned() };
        if let Some(mode) = mode {
            fs::set_permissions(path, Permissions::from_mode(mode))?;
        }
        Ok(socket)
    }
}

impl Drop for UnixSocket {
    fn drop(&mut self) {
        // Somebody may have removed it already.
        let _ = fs::remove_file(&self.path);
    }
}
