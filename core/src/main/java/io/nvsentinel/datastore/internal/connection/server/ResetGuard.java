// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a connection that was reset look like one that was closed. What waits for an answer fails in both cases, and is
 * reported by this library; but the driver logs each reset as an error with its stack trace, and drops the error of one that it
 * is just closing. Takes part after the login.
 */
final class ResetGuard extends ChannelInboundHandlerAdapter {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.datastore.connection");

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException && !(cause instanceof SSLException)) {
            LOG.debug("A connection was reset: {}", cause.toString());
            context.close();
        } else {
            context.fireExceptionCaught(cause);
        }
    }
}
