package io.evio.internal.sys;

/** The C library of FreeBSD and OpenBSD; or of Linux, with libkqueue beside it. */
public interface BsdLibc extends KqueueLibc, Accept4Libc {}
