// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * What may block on an event loop in these tests: the JDK's random numbers, read from a device that never waits, when the R2DBC
 * driver makes an SSL context; and Netty's own lock, held for a moment, when its allocator grows. A file that is read there
 * still fails a test.
 */
public final class BlockHoundAllowances implements BlockHoundIntegration {

    @Override
    public void applyTo(BlockHound.Builder builder) {
        builder.allowBlockingCallsInside("sun.security.ssl.SSLContextImpl", "engineInit")
                .allowBlockingCallsInside("java.security.SecureRandom", "nextBytes")
                .allowBlockingCallsInside("io.netty.buffer.AdaptivePoolingAllocator$Magazine", "free");
    }
}
