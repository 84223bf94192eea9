module io.evio/bench/go-evio

go 1.16

require github.com/tidwall/evio v1.0.8
