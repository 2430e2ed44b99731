// Reads one target a line (JSON), writes what net/url makes of it.
package main

import (
	"bufio"
	"encoding/json"
	"net/url"
	"os"
	"path"
	"strings"
)

type reading struct {
	Host     string     `json:"host"`
	Segments []string   `json:"segments"`
	Query    [][]string `json:"query"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var target string
		if err := json.Unmarshal(lines.Bytes(), &target); err != nil {
			panic(err)
		}
		parsed, err := url.Parse("http://git.example.com" + target)
		if err != nil {
			panic(err)
		}
		if _, err := url.ParseQuery(parsed.RawQuery); err != nil {
			panic(err)
		}
		// What http.ServeMux redirects to when it differs.
		escaped := parsed.EscapedPath()
		if clean := path.Clean(escaped); clean != strings.TrimSuffix(escaped, "/") && escaped != "/" {
			panic("not clean: " + escaped)
		}
		read := reading{Host: parsed.Host, Segments: []string{}, Query: [][]string{}}
		for _, piece := range strings.Split(escaped, "/") {
			if piece == "" {
				continue
			}
			text, err := url.PathUnescape(piece)
			if err != nil {
				panic(err)
			}
			read.Segments = append(read.Segments, text)
		}
		if parsed.RawQuery != "" {
			for _, pair := range strings.Split(parsed.RawQuery, "&") {
				key, value, _ := strings.Cut(pair, "=")
				k, _ := url.QueryUnescape(key)
				v, _ := url.QueryUnescape(value)
				read.Query = append(read.Query, []string{k, v})
			}
		}
		if err := out.Encode(read); err != nil {
			panic(err)
		}
	}
}
