/**
 * A small Redis: one database in memory, the commands of {@link io.evio.sample.redis.Command}, answered byte for byte
 * as redis-server 7.0 does, over RESP2 and RESP3. Of 7.2 is CLIENT SETINFO alone, with its two fields in CLIENT INFO.
 *
 * <p>Start reading at {@link io.evio.sample.redis.RedisHandler}. It reads commands with
 * {@link io.evio.sample.redis.RespReader} and has {@link io.evio.sample.redis.RedisCommands} find and execute them:
 * those about values, keys, connections, clients, the server and the commands themselves are in a class each. The keys
 * are in {@link io.evio.sample.redis.Database}. A new command is a constant of {@code Command}, a case in
 * {@code RedisCommands} and its description in {@code commands.txt}.
 */
@NullMarked
package io.evio.sample.redis;

import org.jspecify.annotations.NullMarked;
