// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.failover;

import io.nvsentinel.testserver.proxy.TcpProxy;
import java.util.Locale;

/** What happens to the primary, and to the names that lead to it. */
public enum Fault {

    /** All of its processes get SIGKILL. Later it runs again, not notified that it is no primary. */
    KILL {
        @Override
        void strike(ServerPair servers) {
            servers.first().kill();
            servers.promote();
        }

        @Override
        void comeBack(ServerPair servers) {
            servers.first().restart();
        }
    },

    /** All of its processes get SIGSTOP: connections stay open, and its host acknowledges what is sent. Later it continues. */
    FREEZE {
        @Override
        void strike(ServerPair servers) {
            servers.first().freeze();
            servers.promote();
        }

        @Override
        void comeBack(ServerPair servers) {
            servers.first().thaw();
        }
    },

    /**
     * All packets to and from it are dropped, and no side is notified. Later they are not. Needs
     * {@link Network#canDrop}.
     */
    VANISH {
        @Override
        void strike(ServerPair servers) {
            Network.drop(servers.first().port());
            servers.promote();
        }

        @Override
        void comeBack(ServerPair servers) {
            Network.restore(servers.first().port());
        }
    },

    /** It is stopped in order, the other one is promoted, and it follows that one. */
    SWITCHOVER {
        @Override
        void strike(ServerPair servers) {
            servers.first().stop();
            servers.promote();
            servers.first().follow(servers.second(), ServerPair.FIRST);
        }
    },

    /** It is killed. One name leads to it, and to the other one from a moment after that has been promoted. */
    MOVING_NAME {
        @Override
        String hosts(ServerPair servers) {
            return ServerPair.address(servers.name());
        }

        @Override
        void strike(ServerPair servers) {
            servers.first().kill();
            servers.promote();
            servers.moveName();
        }

        @Override
        void comeBack(ServerPair servers) {
            servers.first().restart();
        }
    },

    /** A switchover behind one name, which leads to the standby that has returned until writes have failed there. */
    RETURNED_STANDBY {
        @Override
        String hosts(ServerPair servers) {
            return ServerPair.address(servers.name());
        }

        @Override
        void strike(ServerPair servers) {
            servers.first().stop();
            servers.promote();
            servers.first().follow(servers.second(), ServerPair.FIRST);
            ServerPair.awaitAttempt(servers.name());
            servers.moveName();
        }
    },

    /**
     * The other one is promoted while this one accepts writes. Then this one's network ends. Later it is available
     * again, and the other one's ends until this one has been tried.
     */
    TWO_PRIMARIES {
        @Override
        String hosts(ServerPair servers) {
            return ServerPair.address(servers.toFirst()) + "," + ServerPair.address(servers.toSecond());
        }

        @Override
        void strike(ServerPair servers) {
            servers.promote();
            servers.awaitForeignWrites();
            endNetwork(servers.toFirst());
            servers.writesMoveNow();
        }

        @Override
        void comeBack(ServerPair servers) {
            servers.toFirst().heal();
            endNetwork(servers.toSecond());
            ServerPair.awaitAttempt(servers.toFirst());
            servers.toSecond().heal();
        }

        private void endNetwork(TcpProxy network) {
            network.refuse();
            network.cut();
        }
    };

    /** The value of the option {@code host}. */
    String hosts(ServerPair servers) {
        return ServerPair.address(servers.first()) + "," + ServerPair.address(servers.second());
    }

    /** Makes the second server the primary. */
    abstract void strike(ServerPair servers);

    /** What happens to the first one when the second one is in use. */
    void comeBack(ServerPair servers) {}

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
