//! From an address to a connection that is logged in: socket, TLS, handshake, password.
//!
//! The way of the password is the server's choice among what `mysql_common` knows. A password goes out in the clear
//! only where nobody can read it: over TLS, or over a socket of this machine.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use mysql_common::auth::plugins::{AuthProc, ChallengeResponsePlugin as _, Context};
use mysql_common::constants::{CapabilityFlags, MariadbCapabilities};
use mysql_common::io::ParseBuf;
use mysql_common::packets::{
    AuthPlugin, AuthSwitchRequest, HandshakePacket, HandshakeResponse, SslRequest,
};
use mysql_common::proto::MySerialize;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, UnixStream};

use super::frames::Frames;
use super::{Error, Transport, Wire, refusal, tls};
use crate::engines::{Cause, Hop};
use crate::model::endpoint::{Network, Tls};

/// After this silence the other side is asked for a sign of life; without one the connection counts as lost
/// (E16).
const SILENCE: Duration = Duration::from_secs(30);
/// The largest packet that we take: as large as the protocol's own limit.
const LARGEST: u32 = 1 << 30;
/// The collation of the greeting: utf8mb4_general_ci, which every server knows.
const GREETING: u8 = 45;

/// Where the way to a connection ended, and why.
#[derive(Debug)]
pub struct Unconnected {
    pub hop: Hop,
    pub cause: Cause,
}

impl Unconnected {
    fn at(hop: Hop, cause: impl Into<Cause>) -> Unconnected {
        let cause = cause.into();
        Unconnected { hop, cause }
    }
}

/// Connects and logs in. `compress` asks for compression, which a server may not have.
pub async fn connect(
    network: &Network,
    password: &str,
    compress: bool,
) -> Result<Wire, Unconnected> {
    let mut wire = Wire::over(open(network).await?);
    let greeting = greeted(&mut wire).await.map_err(unanswered)?;
    let mut wanted = wanted(&greeting, compress);
    if is_secured(network) {
        if !greeting
            .capabilities()
            .contains(CapabilityFlags::CLIENT_SSL)
        {
            let cause = "the server offers no TLS";
            return Err(Unconnected::at(Hop::Tls, cause));
        }
        wanted |= CapabilityFlags::CLIENT_SSL;
        wire = secured(wire, network, wanted, &greeting)
            .await
            .map_err(|cause| match cause.kind() {
                io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::BrokenPipe => Unconnected::at(Hop::Tcp, cause),
                _ => Unconnected::at(Hop::Tls, cause),
            })?;
    }
    wire.capabilities = wanted;
    let extended = extended(&greeting);
    wire.takes_bulk = extended.contains(MariadbCapabilities::MARIADB_CLIENT_STMT_BULK_OPERATIONS);
    let mut exchange = Exchange {
        password: password.as_bytes(),
        is_private: network.socket.is_some(),
        is_encrypted: is_secured(network),
        scramble: greeting.nonce(),
    };
    exchange
        .run(&mut wire, &greeting, &network.user, extended)
        .await
        .map_err(unanswered)?;
    if wanted.contains(CapabilityFlags::CLIENT_COMPRESS) {
        wire.frames.compress();
    }
    Ok(wire)
}

/// Whoever takes a connection and ends it has said nothing of the login: it may be a proxy whose server is away.
fn unanswered(cause: Error) -> Unconnected {
    match cause {
        Error::Io(cause) => Unconnected::at(Hop::Tcp, cause),
        cause => Unconnected::at(Hop::Login, cause),
    }
}

/// A stream to a server that waits for TLS to begin.
pub async fn asked_for_tls(network: &Network) -> io::Result<Box<dyn Transport>> {
    let opened = open(network)
        .await
        .map_err(|error| io::Error::other(error.cause))?;
    let mut wire = Wire::over(opened);
    let greeting = greeted(&mut wire).await.map_err(io::Error::other)?;
    let wanted = wanted(&greeting, false) | CapabilityFlags::CLIENT_SSL;
    ask_for_tls(&mut wire, wanted, &greeting)
        .await
        .map_err(io::Error::other)?;
    Ok(wire.frames.into_stream())
}

async fn open(network: &Network) -> Result<Box<dyn Transport>, Unconnected> {
    if let Some(socket) = &network.socket {
        let stream = UnixStream::connect(socket).await.map_err(|cause| {
            let hop = match cause.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => Hop::Address,
                _ => Hop::Tcp,
            };
            Unconnected::at(hop, cause)
        })?;
        return Ok(Box::new(stream));
    }
    let stream = TcpStream::connect((network.host.as_str(), network.port)).await;
    let stream = stream.map_err(|cause| {
        let hop = match cause.to_string().contains("lookup") {
            true => Hop::Address,
            false => Hop::Tcp,
        };
        Unconnected::at(hop, cause)
    })?;
    send_at_once(&stream);
    Ok(Box::new(stream))
}

/// A packet behind another that has no answer between them would wait for the other side's delayed acknowledgement,
/// 40 ms on Linux; and a peer that is gone would be waited for for hours.
fn send_at_once(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let socket = SockRef::from(stream);
    let alive = TcpKeepalive::new()
        .with_time(SILENCE)
        .with_interval(SILENCE / 3);
    let _ = socket.set_tcp_keepalive(&alive);
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(SILENCE * 2));
}

fn is_secured(network: &Network) -> bool {
    match &network.tls {
        Tls::Verified => !network.is_local(),
        Tls::Authority(_) | Tls::Pinned(_) | Tls::Insecure => true,
    }
}

async fn greeted(wire: &mut Wire) -> Result<HandshakePacket<'static>, Error> {
    let packet = wire.receive().await?;
    if packet.first() == Some(&0xFF) {
        return Err(Error::Refused(refusal(packet)));
    }
    let greeting: HandshakePacket<'_> = ParseBuf(packet).parse(())?;
    Ok(greeting.into_owned())
}

/// What both sides know of what we would like.
fn wanted(greeting: &HandshakePacket<'_>, compress: bool) -> CapabilityFlags {
    let mut wanted = CapabilityFlags::CLIENT_PROTOCOL_41
        | CapabilityFlags::CLIENT_SECURE_CONNECTION
        | CapabilityFlags::CLIENT_PLUGIN_AUTH
        | CapabilityFlags::CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA
        | CapabilityFlags::CLIENT_CONNECT_ATTRS
        | CapabilityFlags::CLIENT_LONG_FLAG
        // Affected rows are the matched ones.
        | CapabilityFlags::CLIENT_FOUND_ROWS
        | CapabilityFlags::CLIENT_TRANSACTIONS
        | CapabilityFlags::CLIENT_MULTI_STATEMENTS
        | CapabilityFlags::CLIENT_MULTI_RESULTS
        | CapabilityFlags::CLIENT_PS_MULTI_RESULTS
        | CapabilityFlags::CLIENT_DEPRECATE_EOF;
    if compress {
        wanted |= CapabilityFlags::CLIENT_COMPRESS;
    }
    wanted & greeting.capabilities()
}

/// MariaDB leaves out the first of MySQL's capabilities to say that it has more of its own.
fn extended(greeting: &HandshakePacket<'_>) -> MariadbCapabilities {
    let is_mysql = CapabilityFlags::CLIENT_LONG_PASSWORD;
    match greeting.capabilities().contains(is_mysql) {
        true => MariadbCapabilities::empty(),
        false => {
            greeting.mariadb_ext_capabilities()
                & MariadbCapabilities::MARIADB_CLIENT_STMT_BULK_OPERATIONS
        }
    }
}

async fn ask_for_tls(
    wire: &mut Wire,
    wanted: CapabilityFlags,
    greeting: &HandshakePacket<'_>,
) -> Result<(), Error> {
    let request =
        SslRequest::new(wanted, LARGEST, GREETING).with_mariadb_capabilities(extended(greeting));
    send(wire, &request).await
}

async fn secured(
    mut wire: Wire,
    network: &Network,
    wanted: CapabilityFlags,
    greeting: &HandshakePacket<'_>,
) -> io::Result<Wire> {
    ask_for_tls(&mut wire, wanted, greeting)
        .await
        .map_err(io::Error::other)?;
    let number = wire.frames.number();
    wire.frames = Frames::secured(
        tls::secure(wire.frames.into_stream(), network).await?,
        number,
    );
    Ok(wire)
}

async fn send(wire: &mut Wire, packet: &impl MySerialize) -> Result<(), Error> {
    let mut bytes = Vec::new();
    packet.serialize(&mut bytes);
    wire.frames.answer(&bytes).await
}

/// The exchange of challenges and answers that a password is proven by.
struct Exchange<'a> {
    password: &'a [u8],
    is_private: bool,
    is_encrypted: bool,
    scramble: Vec<u8>,
}

impl Exchange<'_> {
    async fn run(
        &mut self,
        wire: &mut Wire,
        greeting: &HandshakePacket<'_>,
        user: &str,
        extended: MariadbCapabilities,
    ) -> Result<(), Error> {
        // What we do not know is answered with what every server knows, and it asks for what the account needs.
        let offered = greeting.auth_plugin();
        let plugin = offered
            .filter(|plugin| self.may(plugin).is_ok())
            .unwrap_or(AuthPlugin::MysqlNativePassword);
        let mut way = self.may(&plugin)?;
        let first = self.answer(&mut way, &self.scramble.clone())?;
        let version = greeting.server_version_parsed().unwrap_or((8, 0, 0));
        let known = HashMap::from([("program_name".to_string(), "maestro".to_string())]);
        let response = HandshakeResponse::new(
            Some(first.unwrap_or_default()),
            version,
            Some(user.as_bytes()),
            None::<Vec<u8>>,
            Some(plugin),
            wire.capabilities,
            Some(known),
            LARGEST,
        );
        send(wire, &response.with_mariadb_ext_capabilities(extended)).await?;
        loop {
            let packet = wire.receive().await?.to_vec();
            let answer = match packet.first() {
                Some(0x00) => return Ok(()),
                Some(0xFF) => return Err(Error::Refused(refusal(&packet))),
                Some(0xFE) if packet.len() > 1 => {
                    let asked: AuthSwitchRequest<'_> = ParseBuf(&packet).parse(())?;
                    way = self.may(&asked.auth_plugin())?;
                    self.scramble = asked.plugin_data().to_vec();
                    self.answer(&mut way, &self.scramble.clone())?
                }
                Some(0x01) => self.answer(&mut way, &packet[1..])?,
                _ => return Err(unknown("one from before 2003")),
            };
            if let Some(answer) = answer {
                wire.frames.answer(&answer).await?;
            }
        }
    }

    /// The way of a plugin, where the password is safe on it.
    fn may(&self, plugin: &AuthPlugin<'_>) -> Result<AuthProc, Error> {
        match plugin {
            AuthPlugin::MysqlOldPassword => Err(unknown("one from before 2003")),
            AuthPlugin::MysqlClearPassword if !self.is_private && !self.is_encrypted => {
                Err(Error::Protocol(
                    "the account wants its password in the clear, which is for connections with TLS only".into(),
                ))
            }
            // Accounts that are known by who asks need no password at all.
            AuthPlugin::Other(name) if name.is_empty() || **name == *b"auth_socket" => {
                Ok(AuthProc::MysqlNativePassword(Default::default()))
            }
            plugin => plugin
                .init()
                .map_err(|_| unknown(&String::from_utf8_lossy(plugin.as_bytes()))),
        }
    }

    fn answer(&self, way: &mut AuthProc, challenge: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let answer = way
            .run(self, challenge)
            .map_err(|cause| Error::Protocol(format!("the login cannot be answered: {cause}")))?;
        Ok(answer.data().map(<[u8]>::to_vec))
    }
}

fn unknown(way: &str) -> Error {
    Error::Protocol(format!(
        "the account has a way to log in that is not known here: {way}"
    ))
}

impl Context for &Exchange<'_> {
    fn pass(&self) -> &[u8] {
        self.password
    }

    fn is_ipc_transport(&self) -> bool {
        self.is_private
    }

    fn is_tls_transport(&self) -> bool {
        self.is_encrypted
    }

    fn scramble(&self) -> &[u8] {
        &self.scramble
    }

    fn server_key_pem(&self) -> Option<&[u8]> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn e03_a_connection_that_ends_before_the_greeting_may_be_tried_again() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move { drop(listener.accept().await) });
        let network = Network {
            scheme: "mysql".into(),
            user: "nobody".into(),
            host: "127.0.0.1".into(),
            port,
            socket: None,
            tls: Tls::Verified,
        };
        let failed = connect(&network, "", false).await.err().unwrap();
        assert_eq!(failed.hop, Hop::Tcp, "{}", failed.cause);
    }
}
