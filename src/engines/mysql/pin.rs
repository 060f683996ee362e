//! Trusting one certificate: a server whose certificate no authority vouches for is known by its fingerprint.
//!
//! The driver can verify against authorities only, and adds the system's to any file it is given, so a pin made
//! of its options would accept every public certificate. A pinned connection therefore goes through a relay in
//! this process: the driver speaks to the relay over a private socket, the relay speaks TLS with the server and
//! ends the connection when another certificate answers. The relay reads nothing but the first packets.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, ServerConfig, SignatureScheme};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::dialect::hex;
use crate::model::endpoint::Network;

/// A request for TLS: MySQL protocol 4.1, secure connection, TLS, plugin authentication; 16 MiB packets;
/// utf8mb4. (MySQL internals manual, "Protocol::SSLRequest".)
const REQUEST: [u8; 36] = {
    let mut packet = [0; 36];
    packet[0] = 32;
    packet[3] = 1;
    let capabilities: u32 = 0x0200 | 0x0800 | 0x8000 | 0x0008_0000;
    let bytes = capabilities.to_le_bytes();
    let mut at = 0;
    while at < 4 {
        packet[4 + at] = bytes[at];
        at += 1;
    }
    packet[11] = 1;
    packet[12] = 45;
    packet
};

/// The fingerprint of the certificate that answers: SHA-256 of its DER form, 64 hexadecimal digits.
///
/// # Errors
/// Nothing answers in time, or the server has no TLS.
pub async fn fingerprint(network: &Network, patience: Duration) -> io::Result<String> {
    let seen = async {
        let mut server = TcpStream::connect((network.host.as_str(), network.port)).await?;
        packet(&mut server).await?;
        server.write_all(&REQUEST).await?;
        let verifier = Arc::new(Pinned::new(None));
        secured(server, network, verifier.clone()).await?;
        let seen = verifier.seen.lock().expect("no panic").clone();
        seen.ok_or_else(|| io::Error::other("the server showed no certificate"))
    };
    tokio::time::timeout(patience, seen)
        .await
        .map_err(|_| io::ErrorKind::TimedOut)?
}

/// A relay for one connection to a pinned server; the socket's folder goes when this is dropped.
pub struct Relay {
    folder: PathBuf,
    /// Why the server was not accepted.
    refused: Arc<Mutex<Option<String>>>,
}

impl Relay {
    /// Starts a relay that takes one connection.
    pub fn start(network: &Network, pin: &str) -> io::Result<Relay> {
        let folder = private_folder()?;
        let listener = UnixListener::bind(folder.join("s"))?;
        let refused = Arc::new(Mutex::new(None));
        let (network, pin, told) = (network.clone(), pin.to_string(), refused.clone());
        tokio::spawn(async move {
            // The driver hears of the end only after its reason is told.
            if let Ok((driver, _)) = listener.accept().await {
                let _ = carry(driver, &network, &pin, &told).await;
            }
        });
        Ok(Relay { folder, refused })
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.join("s")
    }

    /// Why the relay ended early.
    pub fn refusal(&self) -> Option<String> {
        self.refused.lock().expect("no panic").clone()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// One connection: the greeting and the driver's request for TLS pass as they are, then each side is
/// encrypted for itself.
async fn carry(
    mut driver: UnixStream,
    network: &Network,
    pin: &str,
    told: &Mutex<Option<String>>,
) -> io::Result<()> {
    let mut server = match accepted(&mut driver, network, pin).await {
        Ok(server) => server,
        Err(cause) => {
            *told.lock().expect("no panic") = Some(cause.to_string());
            return Err(cause);
        }
    };
    let mut driver = TlsAcceptor::from(own_certificate()?).accept(driver).await?;
    copy_bidirectional(&mut driver, &mut server).await.map(drop)
}

/// The server, encrypted, when it shows the pinned certificate.
async fn accepted(
    driver: &mut UnixStream,
    network: &Network,
    pin: &str,
) -> io::Result<TlsStream<TcpStream>> {
    let mut server = TcpStream::connect((network.host.as_str(), network.port)).await?;
    server.set_nodelay(true)?;
    let greeting = packet(&mut server).await?;
    driver.write_all(&greeting).await?;
    let request = packet(driver).await?;
    server.write_all(&request).await?;
    let pinned = Arc::new(Pinned::new(Some(pin.to_string())));
    secured(server, network, pinned).await
}

/// One packet of the protocol, with its head.
async fn packet(stream: &mut (impl AsyncReadExt + Unpin)) -> io::Result<Vec<u8>> {
    let mut packet = vec![0; 4];
    stream.read_exact(&mut packet).await?;
    let length = u32::from_le_bytes([packet[0], packet[1], packet[2], 0]) as usize;
    packet.resize(4 + length, 0);
    stream.read_exact(&mut packet[4..]).await?;
    Ok(packet)
}

async fn secured(
    server: TcpStream,
    network: &Network,
    verifier: Arc<Pinned>,
) -> io::Result<TlsStream<TcpStream>> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    let name = ServerName::try_from(network.host.clone()).map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config))
        .connect(name, server)
        .await
}

/// A certificate for the relay's own end, which never leaves this process.
fn own_certificate() -> io::Result<Arc<ServerConfig>> {
    let own = rcgen::generate_simple_self_signed(vec!["localhost".to_string()])
        .map_err(io::Error::other)?;
    let key = PrivatePkcs8KeyDer::from(own.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key.into())
        .map_err(io::Error::other)?;
    Ok(Arc::new(config))
}

fn private_folder() -> io::Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    let name = format!("maestro-{}", uuid::Uuid::now_v7().simple());
    let folder = Path::new(&std::env::temp_dir()).join(name);
    std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
    Ok(folder)
}

/// Accepts one certificate, or, without a pin, any: then only to be shown.
#[derive(Debug)]
struct Pinned {
    pin: Option<String>,
    seen: Mutex<Option<String>>,
    provider: CryptoProvider,
}

impl Pinned {
    fn new(pin: Option<String>) -> Pinned {
        Pinned {
            pin,
            seen: Mutex::default(),
            provider: ring::default_provider(),
        }
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = hex(&Sha256::digest(certificate));
        *self.seen.lock().expect("no panic") = Some(shown.clone());
        match &self.pin {
            Some(pin) if !pin.eq_ignore_ascii_case(&shown) => Err(rustls::Error::General(format!(
                "the server shows another certificate ({shown}) than the one that is trusted"
            ))),
            _ => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
