// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

/** Counts documents. For one thread. */
final class Tally {

    private long stored;
    private long present;
    private long rejected;

    void stored(long count) {
        stored += count;
    }

    void present(long count) {
        present += count;
    }

    void rejected(long count) {
        rejected += count;
    }

    long stored() {
        return stored;
    }

    long present() {
        return present;
    }

    long rejected() {
        return rejected;
    }

    long read() {
        return stored + present + rejected;
    }
}
