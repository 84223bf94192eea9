/** The live page, in a browser; the Grafana dashboard and the alerts, in Prometheus. */
package io.evio.sample.dashboard;
