// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver.pki;

/** The kind of a certificate's key. */
public enum KeyType {
    /** Elliptic curve P-256; the default, and the quickest to make. */
    EC("EC", 256, "SHA256withECDSA"),
    /** RSA with 2048 bits. */
    RSA("RSA", 2048, "SHA256withRSA"),
    /** Edwards curve 25519. */
    ED25519("Ed25519", 255, "Ed25519");

    private final String algorithm;
    private final int size;
    private final String signature;

    KeyType(String algorithm, int size, String signature) {
        this.algorithm = algorithm;
        this.size = size;
        this.signature = signature;
    }

    String algorithm() {
        return algorithm;
    }

    int size() {
        return size;
    }

    /** The algorithm that a key of this type signs with. */
    String signature() {
        return signature;
    }
}
