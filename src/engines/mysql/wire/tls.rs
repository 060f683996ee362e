//! Whom a connection trusts: the system's authorities, one authority, one certificate, or whoever answers.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};
use tokio_rustls::TlsConnector;

use super::Transport;
use super::login;
use crate::engines::mysql::dialect::hex;
use crate::model::endpoint::{Network, Tls};

/// What is said of a pinned server that has changed its certificate.
pub const PIN_DIFFERS: &str = "another certificate";

/// Encrypts what a stream carries, once the server shows a certificate that is trusted.
pub async fn secure(
    stream: Box<dyn Transport>,
    network: &Network,
) -> io::Result<Box<dyn Transport>> {
    let config = match &network.tls {
        Tls::Verified => trusting(system()?)?,
        Tls::Authority(file) => trusting(authority(file)?)?,
        Tls::Pinned(pin) => known_by(Pinned::new(Some(pin.clone())))?,
        Tls::Insecure => known_by(Pinned::new(None))?,
    };
    encrypt(stream, network, config).await
}

/// The fingerprint of the certificate that answers: SHA-256 of its DER form, 64 hexadecimal digits.
///
/// # Errors
/// Nothing answers in time, or the server has no TLS.
pub async fn fingerprint(network: &Network, patience: Duration) -> io::Result<String> {
    let seen = async {
        let stream = login::asked_for_tls(network).await?;
        let verifier = Arc::new(Pinned::new(None));
        let config = with_verifier(verifier.clone())?;
        encrypt(stream, network, config).await?;
        let seen = verifier.seen.lock().expect("no panic").clone();
        seen.ok_or_else(|| io::Error::other("the server showed no certificate"))
    };
    tokio::time::timeout(patience, seen)
        .await
        .map_err(|_| io::ErrorKind::TimedOut)?
}

async fn encrypt(
    stream: Box<dyn Transport>,
    network: &Network,
    config: ClientConfig,
) -> io::Result<Box<dyn Transport>> {
    let host = match network.host.as_str() {
        "" => "localhost",
        host => host,
    };
    let name = ServerName::try_from(host.to_string()).map_err(io::Error::other)?;
    let connector = TlsConnector::from(Arc::new(config));
    Ok(Box::new(connector.connect(name, stream).await?))
}

fn system() -> io::Result<RootCertStore> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    match (roots.is_empty(), found.errors.into_iter().next()) {
        (true, Some(cause)) => Err(io::Error::other(cause)),
        _ => Ok(roots),
    }
}

fn authority(file: &Path) -> io::Result<RootCertStore> {
    let unreadable = |cause: &dyn std::fmt::Display| {
        io::Error::other(format!(
            "the certificate of the authority, {}, cannot be read: {cause}",
            file.display()
        ))
    };
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(file).map_err(|cause| unreadable(&cause))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|cause| unreadable(&cause))?;
        roots.add(certificate).map_err(|cause| unreadable(&cause))?;
    }
    match roots.is_empty() {
        true => Err(unreadable(&"it holds none")),
        false => Ok(roots),
    }
}

fn trusting(roots: RootCertStore) -> io::Result<ClientConfig> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn known_by(pinned: Pinned) -> io::Result<ClientConfig> {
    with_verifier(Arc::new(pinned))
}

fn with_verifier(verifier: Arc<Pinned>) -> io::Result<ClientConfig> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    Ok(config
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

/// Accepts one certificate, or, without a pin, any.
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
                "the server shows {PIN_DIFFERS} ({shown}) than the one that is trusted"
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
