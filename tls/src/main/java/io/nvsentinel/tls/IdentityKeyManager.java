// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Presents one client identity, or none.
 *
 * <p>Unlike the JDK's own, it does not withhold the certificate when the server's list of authorities lacks the issuer: the
 * server should say what it dislikes, instead of reporting that no certificate came. libpq does the same.
 */
final class IdentityKeyManager extends X509ExtendedKeyManager {

    private static final String ALIAS = "client";
    private static final int MOST_NAMED = 3;

    private final @Nullable ClientIdentity identity;
    private volatile @Nullable String doubt;

    IdentityKeyManager(@Nullable ClientIdentity identity) {
        this.identity = identity;
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
        return fits(keyType) ? new String[] {ALIAS} : null;
    }

    @Override
    public @Nullable String chooseClientAlias(
            String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
        doubt = identity == null || issuers == null || issuers.length == 0 ? null : doubt(identity, Set.of(issuers));
        return Arrays.stream(keyTypes).anyMatch(this::fits) ? ALIAS : null;
    }

    @Override
    public @Nullable String chooseEngineClientAlias(
            String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        return chooseClientAlias(keyTypes, issuers, null);
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
        return identity == null ? null : identity.chain().toArray(X509Certificate[]::new);
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
        return identity == null ? null : identity.key();
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
        return null;
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return null;
    }

    /** Why the server may refuse the certificates, as the authorities that it named in the last handshake show; or null. */
    @Nullable
    String doubt() {
        return doubt;
    }

    private static @Nullable String doubt(ClientIdentity identity, Set<Principal> accepted) {
        List<X509Certificate> chain = identity.chain();
        boolean leads = chain.stream().anyMatch(certificate -> accepted.contains(certificate.getIssuerX500Principal()));
        X509Certificate last = chain.get(chain.size() - 1);
        return leads
                ? null
                : "the server accepts client certificates issued by "
                        + accepted.stream()
                                .map(Principal::toString)
                                .sorted()
                                .limit(MOST_NAMED)
                                .collect(Collectors.joining(" or "))
                        + ", but the client's certificate file ends with "
                        + CertificateName.of(last.getSubjectX500Principal())
                        + ", issued by " + CertificateName.of(last.getIssuerX500Principal())
                        + ": an intermediate certificate is missing in the file, or the certificate belongs to another authority";
    }

    private boolean fits(String keyType) {
        return identity != null && identity.key().getAlgorithm().equals(keyType);
    }
}
