// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.Version;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The tests tagged with "netty" run twice, as the build says, on the Netty of today and on that of Spring Boot 3. */
@Tag("netty")
class NettyVersionTest {

    @Test
    void isTheOneThatThisRunIsFor() {
        String wanted = System.getProperty("netty.line", "4.2");
        assertThat(Version.identify().get("netty-handler").artifactVersion()).startsWith(wanted + ".");
    }
}
