package io.evio.sample.readme;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.util.JavacTask;
import java.io.IOException;
import java.io.Writer;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Java as a reader would paste it: whole classes, members of a handler, or statements. Imports are what an IDE adds,
 * and what an earlier block declares is there for a later one.
 */
final class JavaBlocks {

    /** The packages that the wildcards below cover; a block that needs more brings its own imports, or adds to them. */
    private static final String IMPORTS = imports(
            "io.evio.*",
            "io.evio.frame.*",
            "io.evio.spring.boot.*",
            "io.evio.test.*",
            "java.io.*",
            "java.net.*",
            "java.nio.*",
            "java.nio.channels.*",
            "java.nio.charset.*",
            "java.nio.file.*",
            "java.time.*",
            "java.util.*",
            "java.util.concurrent.*",
            "org.junit.jupiter.api.*",
            "org.springframework.beans.factory.annotation.*",
            "org.springframework.boot.*",
            "org.springframework.boot.autoconfigure.*",
            "org.springframework.boot.test.context.*",
            "org.springframework.context.annotation.*",
            "org.springframework.context.event.*",
            "org.springframework.stereotype.*",
            "static org.assertj.core.api.Assertions.*");

    /** Around members and statements: the names that prose and tables use for what a reader has at hand. */
    private static final String HANDLER = "abstract class Block%d implements EvioHandler {"
            + " EvioServer server; EvioUpstream backend; Connection connection; ByteBuffer in; Output out;"
            + " byte[] bytes; long id; ";

    private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();

    /** One for all blocks, because it takes longer to open a hundred jars than to compile a block. */
    private static final StandardJavaFileManager FILES = COMPILER.getStandardFileManager(null, null, null);

    private final Path classes;

    /** @param classes a folder for what is compiled */
    JavaBlocks(Path classes) {
        this.classes = classes;
    }

    void check(Block block) throws IOException {
        String handler = String.format(HANDLER, block.line());
        List<Source> readings = List.of(
                new Source(block, IMPORTS, ""),
                new Source(block, IMPORTS + handler, "}"),
                new Source(block, IMPORTS + handler + "void run() throws Exception {", "}}"));
        for (Source reading : readings) {
            DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
            task(reading, problems).parse();
            boolean wellFormed = problems.getDiagnostics().isEmpty();
            if (wellFormed) {
                task(reading, problems).call();
            }
            if (wellFormed || reading == readings.get(readings.size() - 1)) {
                assertThat(problems.getDiagnostics())
                        .as(describe(block, problems))
                        .isEmpty();
                return;
            }
        }
    }

    private JavacTask task(Source source, DiagnosticCollector<JavaFileObject> problems) {
        String classPath = classes + System.getProperty("path.separator") + System.getProperty("java.class.path");
        List<String> options = List.of(
                "--release",
                "17",
                "-proc:none",
                "-Xlint:deprecation,removal,unchecked,rawtypes,fallthrough",
                "-cp",
                classPath,
                "-d",
                classes.toString());
        return (JavacTask) COMPILER.getTask(Writer.nullWriter(), FILES, problems, options, null, List.of(source));
    }

    private static String describe(Block block, DiagnosticCollector<JavaFileObject> problems) {
        StringBuilder text = new StringBuilder();
        for (Diagnostic<? extends JavaFileObject> problem : problems.getDiagnostics()) {
            text.append(block.file())
                    .append(':')
                    .append(block.line() + problem.getLineNumber() - 2)
                    .append(": ")
                    .append(problem.getMessage(null))
                    .append('\n');
        }
        return text.toString();
    }

    private static String imports(String... names) {
        StringBuilder text = new StringBuilder("package readme; ");
        for (String name : names) {
            text.append("import ").append(name).append("; ");
        }
        return text.toString();
    }

    /** The block with what stands before it, on a line of its own, and after it. */
    private static final class Source extends SimpleJavaFileObject {

        private final String text;

        Source(Block block, String before, String after) {
            super(URI.create("string:///readme/Block" + block.line() + ".java"), Kind.SOURCE);
            this.text = before + "\n" + block.text() + after;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }

        /** A public class of any name may be in a block. */
        @Override
        public boolean isNameCompatible(String simpleName, Kind kind) {
            return kind == Kind.SOURCE;
        }
    }
}
