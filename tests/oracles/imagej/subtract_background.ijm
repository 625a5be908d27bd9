// Subtract Background of real ImageJ, for each line "input|options|output" of a list.
//   xvfb-run -a java -jar ij.jar -batch subtract_background.ijm LIST
// A macro's error opens a dialog and waits for ever: run it with a time limit. Paths are absolute.
setBatchMode(true);
list = getArgument();
lines = split(File.openAsString(list), "\n");
told = "ImageJ " + getVersion() + "\n";
for (i = 0; i < lines.length; i++) {
  part = split(lines[i], "|");
  open(part[0]);
  started = getTime();
  run("Subtract Background...", part[1]);
  told = told + (getTime() - started) + " ms " + part[1] + "\n";
  saveAs("Tiff", part[2]);
  close();
}
File.saveString(told, list + ".log");
run("Quit");
