package io.evio;

/**
 * The facts about a handler that its class alone decides.
 *
 * @param name the class's name, without what a proxy adds to it
 * @param hasPrewrite whether its {@code prewrite} is other than the default, which does nothing
 * @param hasPostwrite likewise
 */
record HandlerType(String name, boolean hasPrewrite, boolean hasPostwrite) {

    /** Found once per class, because each outbound connection has a handler of its own. */
    private static final ClassValue<HandlerType> TYPES = new ClassValue<>() {
        @Override
        protected HandlerType computeValue(Class<?> type) {
            return new HandlerType(
                    nameOf(type),
                    overrides(type, "prewrite", Connection.class, int.class),
                    overrides(type, "postwrite", Connection.class, int.class, int.class));
        }
    };

    static HandlerType of(EvioHandler handler) {
        return TYPES.get(handler.getClass());
    }

    /** Without {@code $$SpringCGLIB$$0} and its like. */
    private static String nameOf(Class<?> type) {
        String name = type.getName();
        int suffix = name.indexOf("$$");
        return suffix > 0 ? name.substring(0, suffix) : name;
    }

    private static boolean overrides(Class<?> type, String event, Class<?>... parameters) {
        try {
            return type.getMethod(event, parameters).getDeclaringClass() != EvioHandler.class;
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException("An EvioHandler has " + event, e);
        }
    }
}
