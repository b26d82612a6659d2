// A webhook receiver as one would write it in Go: net/http, and one goroutine that appends what all requests bring and syncs it
// once for all that wait.
//
//	receiver ADDRESS [JOURNAL]
//
// ADDRESS is HOST:PORT or unix:PATH. Without a journal every POST is answered at once, unread.
package main

import (
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
)

type report struct {
	ID    int64  `json:"id"`
	State string `json:"state"`
}

// An appending is one report on its way to the disk.
type appending struct {
	line    []byte
	durable chan error
}

// commit writes and syncs batches: the first that comes, and all that have come meanwhile.
func commit(file *os.File, queue <-chan appending) {
	var batch []appending
	var lines []byte
	for first := range queue {
		batch, lines = append(batch[:0], first), append(lines[:0], first.line...)
		for more := len(queue); more > 0; more-- {
			next := <-queue
			batch, lines = append(batch, next), append(lines, next.line...)
		}
		_, fault := file.Write(lines)
		if fault == nil {
			fault = syscall.Fdatasync(int(file.Fd()))
		}
		for _, one := range batch {
			one.durable <- fault
		}
	}
}

func journaling(queue chan<- appending) http.HandlerFunc {
	return func(answer http.ResponseWriter, request *http.Request) {
		body, fault := io.ReadAll(request.Body)
		if fault != nil {
			return
		}
		var told report
		if json.Unmarshal(body, &told) != nil || told.ID <= 0 || told.State == "" {
			http.Error(answer, "no report", http.StatusBadRequest)
			return
		}
		one := appending{append(body, '\n'), make(chan error, 1)}
		queue <- one
		if <-one.durable != nil {
			http.Error(answer, "not durable", http.StatusServiceUnavailable)
			return
		}
		accept(answer)
	}
}

func unread(answer http.ResponseWriter, request *http.Request) {
	io.Copy(io.Discard, request.Body)
	accept(answer)
}

func accept(answer http.ResponseWriter) {
	answer.Header().Set("Content-Type", "application/json")
	io.WriteString(answer, `{"status":"accepted"}`)
}

func main() {
	network, address := "tcp", os.Args[1]
	if strings.HasPrefix(address, "unix:") {
		network, address = "unix", strings.TrimPrefix(address, "unix:")
	}
	listener, fault := net.Listen(network, address)
	if fault != nil {
		log.Fatal(fault)
	}
	handler := http.HandlerFunc(unread)
	if len(os.Args) > 2 {
		file, fault := os.OpenFile(os.Args[2], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if fault != nil {
			log.Fatal(fault)
		}
		queue := make(chan appending, 4096)
		go commit(file, queue)
		handler = journaling(queue)
	}
	log.Fatal(http.Serve(listener, handler))
}
