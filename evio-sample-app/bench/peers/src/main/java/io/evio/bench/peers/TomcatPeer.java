package io.evio.bench.peers;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;

/**
 * Embedded Tomcat with one servlet: no access log, no session, no JSP. Its threads are as many as it wants by itself: a
 * single worker takes no less CPU time a request.
 */
final class TomcatPeer {

    /** Connections may be as many as they like, and stay as long and for as many requests as they like. */
    private static final Map<String, String> PROPERTIES = Map.of(
            "address", "127.0.0.1",
            "acceptCount", "4096",
            "maxConnections", "-1",
            "maxKeepAliveRequests", "-1",
            "keepAliveTimeout", "-1");

    private TomcatPeer() {}

    static void serve(Page page, int port) throws LifecycleException {
        Tomcat tomcat = new Tomcat();
        // Or it would make its folder in the current one.
        tomcat.setBaseDir(System.getProperty("java.io.tmpdir"));
        Connector connector = new Connector();
        connector.setPort(port);
        PROPERTIES.forEach((name, value) -> {
            if (!connector.setProperty(name, value)) {
                throw new IllegalArgumentException("Tomcat has no property " + name);
            }
        });
        tomcat.setConnector(connector);
        Context context = tomcat.addContext("", null);
        Tomcat.addServlet(context, "page", new PageServlet(page)).addMapping("/");
        tomcat.start();
    }

    private static final class PageServlet extends HttpServlet {

        private static final long serialVersionUID = 1L;

        private final transient Page page;

        PageServlet(Page page) {
            this.page = page;
        }

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.setContentType(Page.TYPE);
            response.setContentLength(page.body().length);
            response.getOutputStream().write(page.body());
        }
    }
}
