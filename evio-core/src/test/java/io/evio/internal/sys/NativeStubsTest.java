package io.evio.internal.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jnr.ffi.annotations.Variadic;
import org.junit.jupiter.api.Test;

/**
 * jnr-ffi binds a method of at most six primitive parameters to a small native stub; anything else goes through a
 * generic invoker, which marshals and is several times slower. Nothing but this test would tell.
 */
class NativeStubsTest {

    @Test
    void everyCallTakesAtMostFivePrimitives() {
        assertThat(LinuxLibc.class.getMethods()).hasSizeGreaterThan(20).allSatisfy(method -> {
            assertThat(method.getParameterCount()).isLessThanOrEqualTo(5);
            assertThat(method.getParameterTypes()).allMatch(Class::isPrimitive);
            assertThat(method.getReturnType()).matches(Class::isPrimitive);
        });
    }

    @Test
    void everyCallIsBoundToANativeStub() throws NoSuchMethodException {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "these are Linux's calls");
        Object calls = SystemLibrary.linux().calls();
        List<String> generic = new ArrayList<>();
        for (Method call : LinuxLibc.class.getMethods()) {
            Method bound = calls.getClass().getMethod(call.getName(), call.getParameterTypes());
            boolean variadic = call.isAnnotationPresent(Variadic.class);
            if (!variadic && !Modifier.isNative(bound.getModifiers())) {
                generic.add(call.getName() + Arrays.toString(call.getParameterTypes()));
            }
        }
        assertThat(generic).isEmpty();
    }

    /** A failure is told by -1 and an errno that is still there afterwards. */
    @Test
    void errnoComesWithTheFailure() {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "these are Linux's calls");
        SystemLibrary<LinuxLibc> library = SystemLibrary.linux();
        assertThat(library.calls().close(-1)).isEqualTo(-1);
        assertThat(Errno.name(library.errno().getAsInt())).isEqualTo("EBADF");
        assertThat(library.calls().socket(999, 1, 0)).isEqualTo(-1);
        assertThat(Errno.name(library.errno().getAsInt())).isEqualTo("EAFNOSUPPORT");
        assertThat(SystemLibrary.linux()).isSameAs(library);
    }
}
