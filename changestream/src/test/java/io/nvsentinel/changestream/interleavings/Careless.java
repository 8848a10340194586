// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.interleavings;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BinaryOperator;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/** Takes out of a class what makes it thread-safe: its methods are no longer synchronized, and its atomic updates are two steps. */
public final class Careless {

    private static final String NAME = Type.getInternalName(Careless.class);
    private static final String ATOMIC = "java/util/concurrent/atomic/Atomic";

    private Careless() {}

    static byte[] of(byte[] code) {
        ClassReader reader = new ClassReader(code);
        ClassWriter writer = new ClassWriter(reader, 0);
        reader.accept(
                new ClassVisitor(Opcodes.ASM9, writer) {
                    @Override
                    public MethodVisitor visitMethod(
                            int access, String name, String descriptor, String signature, String[] exceptions) {
                        return new Steps(super.visitMethod(
                                access & ~Opcodes.ACC_SYNCHRONIZED, name, descriptor, signature, exceptions));
                    }
                },
                0);
        return writer.toByteArray();
    }

    /** Calls the methods below instead of those of the same name of atomic values. */
    private static final class Steps extends MethodVisitor {

        Steps(MethodVisitor method) {
            super(Opcodes.ASM9, method);
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean isInterface) {
            if (owner.startsWith(ATOMIC) && !name.equals("<init>") && !name.equals("get") && !name.equals("set")) {
                super.visitMethodInsn(
                        Opcodes.INVOKESTATIC, NAME, name, "(L" + owner + ";" + descriptor.substring(1), false);
            } else {
                super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
            }
        }
    }

    /** {@link AtomicBoolean#compareAndSet} in two steps. */
    public static boolean compareAndSet(AtomicBoolean value, boolean expected, boolean next) {
        boolean same = value.get() == expected;
        if (same) {
            value.set(next);
        }
        return same;
    }

    /** {@link AtomicReference#compareAndSet} in two steps. */
    public static boolean compareAndSet(AtomicReference<Object> value, Object expected, Object next) {
        boolean same = value.get() == expected;
        if (same) {
            value.set(next);
        }
        return same;
    }

    /** {@link AtomicReference#getAndSet} in two steps. */
    public static Object getAndSet(AtomicReference<Object> value, Object next) {
        Object before = value.get();
        value.set(next);
        return before;
    }

    /** {@link AtomicReference#accumulateAndGet} in two steps. */
    public static Object accumulateAndGet(
            AtomicReference<Object> value, Object operand, BinaryOperator<Object> function) {
        Object next = function.apply(value.get(), operand);
        value.set(next);
        return next;
    }
}
