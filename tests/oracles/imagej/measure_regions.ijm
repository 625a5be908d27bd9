// Region measures of ImageJ 1.x, one line an outline.
//   xvfb-run -a java -jar ij.jar -batch measure_regions.ijm "IMAGES|LABELS.tif|ROIS.zip|OUT.csv"
// IMAGES: files separated by commas; LABELS.tif and ROIS.zip may be none. Of every label two outlines:
// "wand", clicked on its first pixel (one piece, its holes filled), and "selection" (Create Selection:
// all of its pixels). Of ROIS.zip the outlines as they are.
args = split(getArgument(), "|");
images = split(args[0], ",");
setBatchMode(true);
f = File.open(args[3]);
print(f, "image,outline,name,type,Area,Mean,StdDev,Mode,Min,Max,X,Y,XM,YM,Perim.,Major,Minor,Angle,Circ.,Feret,IntDen,Median,Skew,Kurt,RawIntDen,FeretAngle,MinFeret,AR,Round,Solidity");
function tell(image, outline, name) {
    List.setMeasurements;
    names = split("Area,Mean,StdDev,Mode,Min,Max,X,Y,XM,YM,Perim.,Major,Minor,Angle,Circ.,Feret,IntDen,Median,Skew,Kurt,RawIntDen,FeretAngle,MinFeret,AR,Round,Solidity", ",");
    line = image + "," + outline + "," + name + "," + selectionType();
    for (j = 0; j < names.length; j++) line = line + "," + List.get(names[j]);
    print(f, line);
}
labels = 0;
if (args[1] != "none") {
open(args[1]);
run("Set Scale...", "distance=0 known=0 unit=pixel");
labels = getImageID();
getStatistics(area, mean, least, most);
firstX = newArray(most + 1); firstY = newArray(most + 1);
for (k = 0; k <= most; k++) firstX[k] = -1;
for (y = 0; y < getHeight(); y++) for (x = 0; x < getWidth(); x++) {
    k = getPixel(x, y);
    if (firstX[k] < 0) { firstX[k] = x; firstY[k] = y; }
}
}
for (i = 0; i < images.length; i++) {
    open(images[i]);
    run("Set Scale...", "distance=0 known=0 unit=pixel");
    image = getImageID(); title = getTitle();
    if (labels != 0) for (k = 1; k <= most; k++) if (firstX[k] >= 0) {
        for (how = 0; how < 2; how++) {
            selectImage(labels); run("Select None"); resetThreshold();
            if (how == 0) doWand(firstX[k], firstY[k], 0, "8-connected");
            else { setThreshold(k, k); run("Create Selection"); }
            selectImage(image); run("Restore Selection");
            if (how == 0) tell(title, "wand", k); else tell(title, "selection", k);
        }
    }
    if (args[2] != "none") {
        roiManager("reset"); roiManager("Open", args[2]);
        for (r = 0; r < roiManager("count"); r++) {
            selectImage(image); roiManager("select", r);
            name = Roi.getName;
            tell(title, "roi", name);
        }
    }
    selectImage(image); close();
}
File.close(f);
run("Quit");
