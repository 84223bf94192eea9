package io.evio.internal.sys;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.Library;
import com.kenai.jffi.Type;

/**
 * kevent(2), bound through jffi: its six parameters are one more than the native stubs of jnr-ffi pass on x86-64, and
 * what jnr-ffi does for more than that makes garbage. Errno is saved where jnr-ffi saves it.
 */
final class Kevent {

    private static final CallContext CONTEXT = CallContext.getCallContext(
            Type.SINT32,
            new Type[] {Type.SINT32, Type.POINTER, Type.SINT32, Type.POINTER, Type.SINT32, Type.POINTER},
            CallingConvention.DEFAULT,
            true);

    private static final Invoker INVOKER = Invoker.getInstance();

    /** Found at the first call, by when the library is loaded. */
    private static final class Function {
        private static final long ADDRESS = address();
    }

    private Kevent() {}

    /** Returns where the function is among the libraries that are loaded; 0 when none of them has it. */
    static long address() {
        return Library.getDefault().getSymbolAddress("kevent");
    }

    static int call(int queue, long changes, int changeCount, long events, int eventCount, long timespec) {
        return (int)
                INVOKER.invokeN6(CONTEXT, Function.ADDRESS, queue, changes, changeCount, events, eventCount, timespec);
    }
}
