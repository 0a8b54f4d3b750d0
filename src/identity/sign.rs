//! Signs the heads of the trail (链首签名).

use ring::signature::{ED25519, KeyPair as _, UnparsedPublicKey};

use super::Identity;
use crate::audit::head::Signer;

/// Signs the heads of the trail: Ed25519 (RFC 8032), so that who has the public key alone can check them.
impl Signer for Identity {
    fn public(&self) -> [u8; 32] {
        let mut public = [0u8; 32];
        public.copy_from_slice(self.signing.public_key().as_ref());
        public
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.signing.sign(message).as_ref().to_vec()
    }

    fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.signing.public_key().as_ref()).verify(message, signature).is_ok()
    }
}
