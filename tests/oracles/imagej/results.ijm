// Every measure of every ROI, saved as Results.csv; and Results.csv as we wrote it, saved again.
// usage: xvfb-run -a java -jar ij.jar -macro results.ijm "image.tif|rois.zip|Results.csv|ours.csv"
args = split(getArgument(), "|");
open(args[0]);
roiManager("reset");
roiManager("Open", args[1]);
run("Set Measurements...", "area mean standard modal min centroid center perimeter bounding fit "
    + "shape feret's integrated median skewness kurtosis area_fraction stack display "
    + "redirect=None decimal=9");
roiManager("Deselect");
roiManager("Measure");
saveAs("Results", args[2]);
if (args.length > 3) {
    run("Clear Results");
    run("Set Measurements...", "area redirect=None decimal=3");
    open(args[3]);
    saveAs("Results", args[3]);
}
run("Quit");
