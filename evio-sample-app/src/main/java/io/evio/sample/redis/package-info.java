/**
 * A small Redis: one database in memory, a few commands, answered byte for byte as redis-server 7 does. Start reading at
 * {@link io.evio.sample.redis.RedisHandler}.
 */
@NullMarked
package io.evio.sample.redis;

import org.jspecify.annotations.NullMarked;
