// Package command is the command line of a policy engine: it lists, validates,
// runs and serves the policies it is given. What a command prints goes to standard
// output, mostly one document, and messages go to standard error.
//
// The exit codes are
//
//	0    all is well
//	1    the answer could not be written, requests were cut off, or healthcheck has
//	     found no server that is ready
//	2    wrong usage or wrong input
//	3    a policy failed: an error, a panic, or not valid
//	4    the policies cannot be loaded: a name is not usable, or one cannot be made
//	130  interrupted by SIGINT
//	143  interrupted by SIGTERM
//
// Standard output holds a document only with the codes 0 and 3.
package command
