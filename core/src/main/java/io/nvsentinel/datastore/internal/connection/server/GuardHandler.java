// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.nvsentinel.datastore.internal.Printable;
import io.nvsentinel.datastore.internal.error.LoginRefusedException;
import io.nvsentinel.datastore.internal.options.LoginRules;
import java.io.IOException;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The guard of one channel, behind the TLS handler, which the driver puts in front of everything. After the login it also makes a
 * connection that was reset look like one that was closed. What waits for an answer fails in both cases, and is reported by this
 * library; but the driver logs each reset as an error with its stack trace, and drops the error of one that it is just closing.
 */
final class GuardHandler extends ChannelInboundHandlerAdapter {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.datastore.connection");

    private final MessageGuard guard;

    GuardHandler(LoginRules rules, Channel channel) {
        this.guard = new MessageGuard(rules, () -> channel.pipeline().get(SslHandler.class) != null);
    }

    /** The driver gets the reason, and then nothing more. */
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        try {
            if (message instanceof ByteBuf bytes) {
                guard.check(bytes.nioBuffer());
            }
        } catch (LoginRefusedException e) {
            ReferenceCountUtil.release(message);
            if (context.channel().isOpen()) {
                context.fireExceptionCaught(e);
                context.close();
            }
            return;
        }
        context.fireChannelRead(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (guard.isLoggedIn() && cause instanceof IOException && !(cause instanceof SSLException)) {
            LOG.debug("A connection was reset: reason={}", Printable.line(cause.toString()));
            context.close();
        } else {
            context.fireExceptionCaught(cause);
        }
    }
}
